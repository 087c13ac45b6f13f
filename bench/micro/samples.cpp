#include "bench/micro/samples.h"

#include <cstdlib>
#include <stdexcept>

namespace anabranch::bench {

crdt::Path widget_path(std::size_t number) {
  return *crdt::Path::parse("widgets.w" + std::to_string(number) + ".data");
}

std::string widget_value(std::size_t number) {
  const std::string tail = std::to_string(1000000 + number % 1000000);
  return R"({"label":"Heart rate of the patient in bed )" + tail +
         R"(","max":180,"min":40,"samples":[61,62.5,64,63,61,60,59.5,62,)" + tail +
         R"(],"type":"vitals","unit":"bpm","updated":"2026-11-27T04:00:00.000Z","visible":true})";
}

crdt::Record widget_record(std::size_t number, std::uint64_t seq) {
  crdt::Record record;
  record.stamp = {seq, 1'764'000'000'000 + static_cast<std::int64_t>(seq), "tab-of-a-device"};
  record.dot = {own_origin, seq};
  record.payload.value = crdt::Value(widget_value(number + seq));
  return record;
}

std::string update_frame(std::size_t number) {
  return R"({"event":"dashboard.state.update","payload":{"path":")" + widget_path(number).text() +
         R"(","value":)" + widget_value(number) + R"(,"version":12345,"timestamp":)" +
         R"("2026-11-27T04:00:00.000Z","sourceTabId":"tab-of-a-device","id":"write-)" +
         std::to_string(number) + R"("}})";
}

crdt::Document document_of(std::size_t paths) {
  crdt::Document document;
  for (std::size_t i = 0; i < paths; ++i) document.merge(widget_path(i), widget_record(i, i + 1));
  return document;
}

wire::StoreBatch store_batch(std::size_t count, std::uint64_t first_seq, bool replaces) {
  wire::StoreBatch batch;
  using Kind = wire::RecordChange::Kind;
  for (std::size_t i = 0; i < count; ++i) {
    const UserId user = "user-" + std::to_string(i % 100);
    const std::uint64_t seq = first_seq + i;
    if (replaces && first_seq > count) {
      batch.records.push_back({Kind::erase, user, widget_path(i), widget_record(i, seq - count)});
    }
    batch.records.push_back({Kind::put, user, widget_path(i), widget_record(i, seq)});
    batch.digests[crdt::StateDigest::bucket_of(user)] = {};
  }
  batch.advanced.raise(own_origin, first_seq + count - 1);
  return batch;
}

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "anabranch-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("no directory can be made: " + name);
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace anabranch::bench
