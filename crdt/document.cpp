#include "crdt/document.h"

#include "base/defects.h"
#include "crdt/canonical_walk.h"

#include <algorithm>
#include <iterator>

namespace anabranch::crdt {

namespace {

/// True when `entry`, at the path or above it, dominates such a write.
bool dominates(const Document::Entry& entry, const Path& path, const Stamp& stamp,
               const Payload& payload) {
  if (planted(Defect::compare_versions_only)) return entry.second.stamp.version > stamp.version;
  if (const auto order = entry.second.stamp <=> stamp; order != 0) return order > 0;
  // Equal stamps at a path and one below it both stand: a batch may hold the two.
  if (entry.first.key().size() != path.key().size()) return false;
  if (planted(Defect::first_of_equal_stamps_stays)) return entry.second.payload != payload;
  return compare(entry.second.payload, payload) > 0;
}

}  // namespace

Verdict Document::judge(const Path& path, const Stamp& stamp, const Payload& payload) const {
  return judge(records_.find(path), path, stamp, payload);
}

/// `own`: where the path's record stands, or the end.
Verdict Document::judge(Records::const_iterator own, const Path& path, const Stamp& stamp,
                        const Payload& payload) const {
  bool lost = false;
  for_each_ancestor(
      path, [&](const Entry& entry) { lost = lost || dominates(entry, path, stamp, payload); });
  if (lost) return Verdict::loses;
  if (own == records_.end()) return Verdict::wins;
  if (dominates(*own, path, stamp, payload)) return Verdict::loses;
  const bool repeated = own->second.stamp == stamp && own->second.payload == payload;
  return repeated ? Verdict::repeated : Verdict::wins;
}

Document::Merged Document::merge(const Path& path, Record record) {
  Merged merged;
  // A document is loaded in path order, each record behind the last.
  const bool is_last = !records_.empty() && std::prev(records_.end())->first < path;
  auto at = is_last ? records_.end() : records_.lower_bound(path);
  const auto own = at != records_.end() && at->first == path ? at : records_.end();
  merged.verdict = judge(own, path, record.stamp, record.payload);
  if (merged.verdict == Verdict::loses) return merged;

  if (merged.verdict == Verdict::repeated) {
    Record& standing = own->second;
    if (record.dot < standing.dot && !planted(Defect::higher_dot_of_equal_writes_stays)) {
      merged.replaced = std::move(standing);
      standing = std::move(record);
      merged.stored = true;
    }
    return merged;
  }

  // The path's own record has lost, or `judge` would have said so.
  if (own != records_.end()) {
    discount(*own);
    merged.replaced = std::move(own->second);
    ++at;
  }
  while (at != records_.end() && path.covers(at->first)) {
    const bool stands = at->second.stamp >= record.stamp;
    if (stands && !planted(Defect::drop_below_replaced_parent)) {
      ++at;
      continue;
    }
    const auto removed = at++;
    discount(*removed);
    merged.removed.emplace_back(removed->first, std::move(removed->second));
    records_.erase(removed);
  }
  count(path, record);
  if (own != records_.end()) {
    own->second = std::move(record);
  } else {
    records_.emplace_hint(at, path, std::move(record));
  }
  merged.stored = true;
  return merged;
}

bool Document::drop(const Path& path) {
  const auto found = records_.find(path);
  if (found == records_.end()) return false;
  const bool was_of_horizon = is_of_horizon(found->second.payload.kind);
  discount(*found);
  records_.erase(found);
  if (was_of_horizon) read_horizon();
  return true;
}

const Record* Document::find(const Path& path) const {
  const auto found = records_.find(path);
  return found == records_.end() ? nullptr : &found->second;
}

std::vector<const Document::Entry*> Document::dominators(const Path& path, const Stamp& stamp,
                                                         const Payload& payload) const {
  std::vector<const Entry*> found;
  for_each_ancestor(path, [&](const Entry& entry) {
    if (dominates(entry, path, stamp, payload)) found.push_back(&entry);
  });
  const auto own = records_.find(path);
  if (own != records_.end() && dominates(*own, path, stamp, payload)) found.push_back(&*own);
  return found;
}

std::pair<Document::Records::const_iterator, Document::Records::const_iterator> Document::below(
    const Path& path) const {
  auto first = records_.lower_bound(path);
  if (first != records_.end() && first->first == path) ++first;
  auto last = first;
  while (last != records_.end() && path.covers(last->first)) ++last;
  return {first, last};
}

bool Document::is_clear(const Path& path) const {
  const auto [first, last] = below(path);
  bool clear = first == last && !find(path);
  for_each_ancestor(path, [&clear](const Entry&) { clear = false; });
  return clear;
}

bool Document::ancestor_value_holds(const Path& path) const {
  bool held = false;
  for_each_ancestor(path, [&](const Entry& entry) {
    if (entry.second.payload.kind != RecordKind::value) return;
    std::string_view rest = std::string_view(path.key()).substr(entry.first.key().size());
    held = held || find_in_canonical(entry.second.payload.value.text(), rest);
  });
  return held;
}

std::size_t Document::cost_of(const Path& path, const Payload& payload) {
  if (payload.kind != RecordKind::value) return 0;
  return path.key().size() + payload.value.text().size();
}

void Document::count(const Path& path, const Record& record) {
  const RecordKind kind = record.payload.kind;
  if (is_of_horizon(kind)) {
    ++horizon_records_;
    add_to_horizon(horizon_, path, record);
  } else if (!planted(Defect::version_ignores_knowledge)) {
    version_ = std::max(version_, record.stamp.version);
  }
  if (kind == RecordKind::value) {
    ++value_count_;
    value_bytes_ += cost_of(path, record.payload);
  }
}

/// Leaves the horizon as it is: what replaces a part of it is greater.
void Document::discount(const Entry& entry) {
  const auto& [path, record] = entry;
  if (is_of_horizon(record.payload.kind)) --horizon_records_;
  if (record.payload.kind == RecordKind::value) {
    --value_count_;
    value_bytes_ -= cost_of(path, record.payload);
  }
}

void Document::read_horizon() {
  horizon_ = {};
  for (const auto& [path, record] : records_) add_to_horizon(horizon_, path, record);
}

}  // namespace anabranch::crdt
