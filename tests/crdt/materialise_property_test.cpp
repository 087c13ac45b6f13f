#include "crdt/materialise.h"
#include "histories.h"
#include "naive_json.h"
#include "naive_model.h"

#include <boost/json/value.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace anabranch::crdt::testing {
namespace {

RC_GTEST_PROP(MaterialiseProperty, IsTheModelsStateInCanonicalForm, ()) {
  const History history = *any_history();
  RC_ASSERT(materialise(document_of(history)) == canonical_text(model_of(history).state()));
}

RC_GTEST_PROP(MaterialiseProperty, OfOnePathIsWhatTheStateHoldsThere, ()) {
  const History history = *any_history();
  const Document document = document_of(history);
  const boost::json::value state = model_of(history).state();
  for (const Segments& path : *rc::gen::container<std::vector<Segments>>(10, any_path())) {
    const auto found = materialise_at(document, path_of(path));
    const boost::json::value* expected = look_up(state, path);
    RC_ASSERT(found.has_value() == (expected != nullptr));
    if (expected) RC_ASSERT(*found == canonical_text(*expected));
  }
}

// Nodes collect tombstones at different times and must show the same bytes meanwhile.
RC_GTEST_PROP(MaterialiseProperty, CollectingATombstoneThatHidesNothingChangesNoByte, ()) {
  const Document document = document_of(*any_history());
  Document collected;
  for (const auto& [path, record] : document.records()) {
    const bool is_tombstone = record.payload.kind == RecordKind::tombstone;
    if (is_tombstone && !document.ancestor_value_holds(path)) continue;
    collected.merge(path, record);
  }
  RC_ASSERT(materialise(collected) == materialise(document));
}

// A newer kind of record, which an older node keeps but cannot show.
RC_GTEST_PROP(MaterialiseProperty, ShowsNothingOfUnknownKinds, ()) {
  const Document document = document_of(*any_history());
  Document known;
  for (const auto& [path, record] : document.records()) {
    const RecordKind kind = record.payload.kind;
    if (kind == RecordKind::value || kind == RecordKind::tombstone) known.merge(path, record);
  }
  RC_ASSERT(materialise(known) == materialise(document));
}

}  // namespace
}  // namespace anabranch::crdt::testing
