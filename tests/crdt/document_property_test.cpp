#include "crdt/document.h"
#include "crdt/materialise.h"
#include "histories.h"
#include "naive_model.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace anabranch::crdt::testing {
namespace {

/// A write to try on a history: one of its own, taken by another node, or a new one.
Put any_put(const History& history) {
  const History fresh =
      *rc::gen::suchThat(any_history(), [](const History& h) { return !h.empty(); });
  if (history.empty() || *rc::gen::element(false, true)) return fresh.back();
  Put put = *rc::gen::elementOf(history);
  put.record.dot = fresh.back().record.dot;
  return put;
}

Document::Records records_of_entries(const std::vector<const Document::Entry*>& entries) {
  Document::Records records;
  for (const auto* entry : entries) records.insert(*entry);
  return records;
}

Document united(Document left, const Document& right) {
  for (const auto& [path, record] : right.records()) left.merge(path, record);
  return left;
}

RC_GTEST_PROP(DocumentProperty, HoldsTheUndominatedWritesOfAllSeen, ()) {
  Document document;
  NaiveModel model;
  for (const Put& put : *any_history()) {
    document.merge(path_of(put.path), put.record);
    model.add(put);
    RC_ASSERT(document.records() == records_of(model.standing()));
  }
}

RC_GTEST_PROP(DocumentProperty, EndsEqualWhateverTheOrderAndTheRepeats, ()) {
  const History history = *any_history();
  const Document one = document_of(history);
  const Document other = document_of(*shuffled_with_repeats(history));
  RC_ASSERT(one.records() == other.records());
  RC_ASSERT(one.version() == other.version());
  RC_ASSERT(one.value_bytes() == other.value_bytes());
  RC_ASSERT(materialise(one) == materialise(other));
}

RC_GTEST_PROP(DocumentProperty, MergeIsASemilattice, ()) {
  // One history dealt out to three documents, so that they share dots as nodes do.
  const History history = *any_history();
  std::array<Document, 3> parts;
  for (const Put& put : history) {
    const int who = *rc::gen::inRange(1, 8);
    for (int i = 0; i < 3; ++i) {
      if (who & (1 << i)) parts[i].merge(path_of(put.path), put.record);
    }
  }
  const auto& [a, b, c] = parts;
  RC_ASSERT(united(a, a).records() == a.records());
  RC_ASSERT(united(a, b).records() == united(b, a).records());
  RC_ASSERT(united(united(a, b), c).records() == united(a, united(b, c)).records());
  RC_ASSERT(united(united(a, b), c).records() == document_of(history).records());
}

RC_GTEST_PROP(DocumentProperty, JudgesAsTheDefinitionDoes, ()) {
  const History history = *any_history();
  const Document document = document_of(history);
  const Put put = any_put(history);
  const Verdict verdict = document.judge(path_of(put.path), put.record.stamp, put.record.payload);
  RC_ASSERT(verdict == model_of(history).verdict(put));
  Document changed = document;
  RC_ASSERT(changed.merge(path_of(put.path), put.record).verdict == verdict);
}

RC_GTEST_PROP(DocumentProperty, SaysExactlyWhatAMergeRemovedAndStored, ()) {
  const History history = *any_history();
  const Document before = document_of(history);
  const Put put = any_put(history);
  const Path path = path_of(put.path);
  Document after = before;
  const Document::Merged merged = after.merge(path, put.record);

  Document::Records gone;
  for (const auto& entry : before.records()) {
    const Record* now = after.find(entry.first);
    if (!now || *now != entry.second) gone.insert(entry);
  }
  Document::Records removed(merged.removed.begin(), merged.removed.end());
  RC_ASSERT(merged.removed.size() == removed.size());
  if (merged.replaced) RC_ASSERT(removed.emplace(path, *merged.replaced).second);
  RC_ASSERT(removed == gone);

  const Record* former = before.find(path);
  const Record* now = after.find(path);
  const bool changed = now && *now == put.record && !(former && *former == put.record);
  RC_ASSERT(merged.stored == changed);
  if (merged.verdict == Verdict::wins) RC_ASSERT(merged.stored);
  if (merged.verdict == Verdict::loses) RC_ASSERT(after.records() == before.records());
}

RC_GTEST_PROP(DocumentProperty, CountsWhatACountOfItsRecordsGives, ()) {
  Document document;
  NaiveModel model;
  for (const Put& put : *any_history()) {
    document.merge(path_of(put.path), put.record);
    model.add(put);
    std::size_t values = 0;
    std::size_t bytes = 0;
    std::size_t of_horizon = 0;
    for (const auto& [path, record] : document.records()) {
      of_horizon += is_of_horizon(record.payload.kind) ? 1 : 0;
      if (record.payload.kind != RecordKind::value) continue;
      ++values;
      bytes += path.key().size() + record.payload.value.text().size();
    }
    RC_ASSERT(document.value_count() == values);
    RC_ASSERT(document.value_bytes() == bytes);
    RC_ASSERT(document.tombstone_count() == document.records().size() - values - of_horizon);
    RC_ASSERT(document.version() == model.version());
  }
}

RC_GTEST_PROP(DocumentProperty, FindsTheStandingDominators, ()) {
  const History history = *any_history();
  const Document document = document_of(history);
  const Put put = any_put(history);
  const auto found = document.dominators(path_of(put.path), put.record.stamp, put.record.payload);
  RC_ASSERT(records_of_entries(found) == records_of(model_of(history).standing_dominators(put)));
  RC_ASSERT(std::is_sorted(found.begin(), found.end(), [](const auto* left, const auto* right) {
    return left->first < right->first;
  }));
}

RC_GTEST_PROP(DocumentProperty, FindsARecordAndWhatLiesBelowIt, ()) {
  const History history = *any_history();
  const Document document = document_of(history);
  const Segments path = *any_path();
  const auto standing = records_of(model_of(history).standing());
  const auto [first, last] = document.below(path_of(path));
  RC_ASSERT(Document::Records(first, last) == records_of(model_of(history).standing_below(path)));
  const Record* found = document.find(path_of(path));
  const auto expected = standing.find(path_of(path));
  RC_ASSERT((found != nullptr) == (expected != standing.end()));
  if (found) RC_ASSERT(*found == expected->second);
}

RC_GTEST_PROP(DocumentProperty, KnowsWhetherAnAncestorsValueHoldsAPath, ()) {
  const History history = *any_history();
  const Document document = document_of(history);
  const NaiveModel model = model_of(history);
  for (const Segments& path : *rc::gen::container<std::vector<Segments>>(10, any_path())) {
    RC_ASSERT(document.ancestor_value_holds(path_of(path)) == model.ancestor_value_holds(path));
  }
}

}  // namespace
}  // namespace anabranch::crdt::testing
