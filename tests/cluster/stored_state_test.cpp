#include "cluster/stored_state.h"

#include "cluster/delivery.h"
#include "tests/cluster/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace anabranch::cluster {
namespace {

VisitRecords records_of(const crdt::Document& document) {
  return [&document](const crdt::RecordVisitor& visit) -> Result<void> {
    for (const auto& [path, record] : document.records()) {
      if (!visit(crdt::view_of(path, record))) return fail(Errc::corrupt, "damaged");
    }
    return {};
  };
}

rc::Gen<crdt::Change> any_change() {
  const auto path = rc::gen::element<std::string>("a", "a.b", "a.b.c", "a.9", "a.10", "b", "c");
  const auto value = rc::gen::element<std::string>("1", R"({"b":{"c":2},"x":3})", "[4,5]", "");
  return rc::gen::map(rc::gen::pair(path, value), [](const auto& parts) {
    const auto& [place, text] = parts;
    crdt::Payload payload{crdt::RecordKind::tombstone, {}};
    if (!text.empty()) payload = {crdt::RecordKind::value, crdt::Value(text)};
    return crdt::Change{crdt::Path::parse(place).value(), std::move(payload)};
  });
}

rc::Gen<crdt::Change> any_change_or_part_of_the_horizon() {
  return rc::gen::weightedOneOf<crdt::Change>(
      {{12, any_change()},
       {1, rc::gen::element(crdt::floor_change(), crdt::generation_change(origin_b),
                            crdt::collected_change(origin_a))}});
}

crdt::Document any_document() {
  crdt::Document document;
  const int writes = *rc::gen::inRange(0, 30);
  for (int i = 0; i < writes; ++i) {
    const crdt::Change change = *any_change_or_part_of_the_horizon();
    const auto version = *rc::gen::inRange<std::uint64_t>(1, 5);
    const Dot dot{*rc::gen::element(origin_a, origin_b), *rc::gen::inRange<std::uint64_t>(1, 9)};
    const bool is_of_horizon = crdt::is_of_horizon(change.payload.kind);
    document.merge(change.path,
                   {is_of_horizon ? crdt::horizon_stamp(version) : crdt::Stamp{version, i, "t"},
                    dot, false, change.payload});
  }
  return document;
}

ClientRequest any_request() {
  using Want = wire::StateRequest::Want;
  ClientRequest request;
  request.want = *rc::gen::element(Want::unstated, Want::full, Want::delta);
  const auto seqs = rc::gen::inRange<std::uint64_t>(0, 10);
  if (*rc::gen::inRange(0, 4) > 0) {
    request.cursor.emplace();
    request.cursor->vector.raise(origin_a, *seqs);
    request.cursor->vector.raise(origin_b, *seqs);
    request.cursor->generation = *rc::gen::inRange<std::uint64_t>(0, 3);
  }
  if (*rc::gen::arbitrary<bool>()) request.seen.push_back({origin_b, *seqs + 1});
  return request;
}

// Whoever has the document in memory and whoever reads the disk tell the client the same.
RC_GTEST_PROP(StoredStateProperty, AnswersAsTheDocumentDoes, ()) {
  const crdt::Document document = any_document();
  const ClientRequest request = any_request();
  crdt::VersionVector vector;
  vector.raise(origin_a, *rc::gen::inRange<std::uint64_t>(1, 10));
  vector.raise(origin_b, 9);

  auto state = StoredStateReader().read(request, records_of(document));
  RC_ASSERT(state.has_value());
  RC_ASSERT(describe(answer_request(*std::move(state), request, vector, {})) ==
            describe(answer_request(document, request, vector, {})));
}

TEST(StoredState, RefusesAPathThatIsDamaged) {
  const auto damaged = [](const crdt::RecordVisitor& visit) -> Result<void> {
    crdt::RecordView record;
    record.key = "no segment";
    record.dot = {origin_a, 1};
    record.text = "1";
    if (visit(record)) return {};
    return fail(Errc::corrupt, "path");
  };
  ClientRequest request;
  EXPECT_FALSE(StoredStateReader().read(request, damaged));
  request.want = wire::StateRequest::Want::delta;
  EXPECT_FALSE(StoredStateReader().read(request, damaged));
}

TEST(StoredState, PassesOnThatTheRecordsCannotBeRead) {
  const auto damaged = [](const crdt::RecordVisitor&) -> Result<void> {
    return fail(Errc::corrupt, "checksum");
  };
  ClientRequest request;
  EXPECT_FALSE(StoredStateReader().read(request, damaged));
  request.want = wire::StateRequest::Want::delta;
  EXPECT_FALSE(StoredStateReader().read(request, damaged));
}

}  // namespace
}  // namespace anabranch::cluster
