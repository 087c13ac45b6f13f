#include "load/update_text.h"

#include "load/dialect.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace anabranch::load {
namespace {

constexpr Stamp first_stamp = 1'000'000'000'000'000;

namespace json = boost::json;

json::value parse(std::string_view text) { return json::parse({text.data(), text.size()}); }

TEST(UpdateText, HasItsStampAndPathInTheirPlaces) {
  UpdateText text(anabranch_dialect().update_pattern(3, 200));
  text.with(first_stamp, 99'999);
  const auto update = parse(text.with(first_stamp + 42, 7)).as_object();
  EXPECT_EQ(update.at("event"), "dashboard.state.update");
  const auto& payload = update.at("payload").as_object();
  EXPECT_EQ(payload.at("path"), "bench.d3.p00007");
  EXPECT_EQ(payload.at("id").as_int64(), static_cast<std::int64_t>(first_stamp + 42));
  EXPECT_EQ(payload.at("value").as_object().at("n"), payload.at("id"));
}

TEST(UpdateText, ValuesHaveTheSizeThatWasAskedFor) {
  for (const std::size_t bytes : {min_value_bytes, std::size_t{200}, std::size_t{60'000}}) {
    UpdateText text(value_pattern(bytes));
    EXPECT_EQ(text.with(first_stamp, 0).size(), bytes);
    EXPECT_EQ(json::serialize(parse(text.with(first_stamp, 0))).size(), bytes);
  }
}

TEST(UpdateText, BatchesNameEachPathOnce) {
  const auto batch = parse(anabranch_dialect().batch(0, 100, first_stamp, 10, 3)).as_object();
  const auto& updates = batch.at("payload").as_object().at("updates").as_array();
  ASSERT_EQ(updates.size(), 3U);
  EXPECT_EQ(updates[0].as_object().at("path"), "bench.d0.p00010");
  EXPECT_EQ(updates[2].as_object().at("path"), "bench.d0.p00012");
}

TEST(UpdateText, SocketIoPacketsCarryTheStampAsTheirAckId) {
  UpdateText text(socket_io_dialect().update_pattern(1, 50));
  const std::string_view packet = text.with(first_stamp + 5, 2);
  ASSERT_TRUE(packet.starts_with("421000000000000005["));
  const auto event = parse(packet.substr(2 + stamp_digits)).as_array();
  EXPECT_EQ(event[0], "dashboard.state.update");
  EXPECT_EQ(event[1].as_object().at("path"), "bench.d1.p00002");
}

}  // namespace
}  // namespace anabranch::load
