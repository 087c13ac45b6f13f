#include "load/dialect.h"

#include "load/update_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace anabranch::load {
namespace {

constexpr Stamp first_stamp = 1'000'000'000'000'000;

using Kind = Incoming::Kind;

class Collector final : public IncomingSink {
 public:
  void take(const Incoming& incoming) override { all.push_back(incoming); }
  std::vector<Incoming> all;
};

std::vector<Incoming> read(const Dialect& dialect, std::string_view frame) {
  Collector collector;
  dialect.read(frame, collector);
  return collector.all;
}

constexpr std::string_view sync =
    R"({"event":"dashboard.state.sync","payload":{"path":"bench.d0.p00001","value":{"n":1000000000000123,"p":"abc"},"version":3,"timestamp":"2026-11-27T04:00:00.000Z","sourceTabId":"t","dot":"0000000000000001:9"}})";
constexpr std::string_view ack =
    R"({"event":"dashboard.state.ack","payload":{"id":1000000000000456,"applied":true,"version":3,"timestamp":"2026-11-27T04:00:00.000Z","durability":"local","dot":"0000000000000001:9"}})";

TEST(AnabranchDialect, ReadsTheStampOfADelivery) {
  const auto events = read(anabranch_dialect(), sync);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::delivery);
  EXPECT_EQ(events[0].stamp, first_stamp + 123);
}

TEST(AnabranchDialect, ReadsAcks) {
  const auto events = read(anabranch_dialect(), ack);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::ack);
  EXPECT_EQ(events[0].stamp, first_stamp + 456);
  EXPECT_TRUE(events[0].applied);
}

TEST(AnabranchDialect, TellsAStaleAck) {
  const auto events = read(
      anabranch_dialect(),
      R"({"event":"dashboard.state.ack","payload":{"id":1000000000000456,"applied":false,"version":3}})");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(events[0].applied);
}

TEST(AnabranchDialect, ReadsAnArrayOfEnvelopes) {
  const std::string frame =
      '[' + std::string(sync) + ',' + std::string(ack) + ',' + std::string(sync) + ']';
  const auto events = read(anabranch_dialect(), frame);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].kind, Kind::delivery);
  EXPECT_EQ(events[1].kind, Kind::ack);
  EXPECT_EQ(events[1].stamp, first_stamp + 456);
  EXPECT_EQ(events[2].kind, Kind::delivery);
}

TEST(AnabranchDialect, AnotherClientsWriteHasNoStamp) {
  const auto events = read(
      anabranch_dialect(),
      R"({"event":"dashboard.state.sync","payload":{"path":"a","value":{"x":1},"version":3}})");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].stamp, 0U);
}

TEST(AnabranchDialect, KnowsTheOtherEvents) {
  const auto kind = [](std::string_view frame) { return read(anabranch_dialect(), frame)[0].kind; };
  EXPECT_EQ(kind(R"({"event":"auth.ok","payload":{}})"), Kind::ready);
  EXPECT_EQ(kind(R"({"event":"dashboard.state.full","payload":{}})"), Kind::state);
  EXPECT_EQ(kind(R"({"event":"dashboard.state.delta","payload":{}})"), Kind::state);
  EXPECT_EQ(kind(R"({"event":"dashboard.state.error","payload":{}})"), Kind::error);
  EXPECT_EQ(kind(R"({"event":"dashboard.state.batch","payload":{}})"), Kind::other);
  EXPECT_TRUE(read(anabranch_dialect(), "nonsense").empty());
}

TEST(SocketIoDialect, ReadsPackets) {
  const auto one = [](std::string_view frame) { return read(socket_io_dialect(), frame).at(0); };
  EXPECT_EQ(one(R"(0{"sid":"x","upgrades":[]})").kind, Kind::greeting);
  EXPECT_EQ(one(R"(40{"sid":"x"})").kind, Kind::ready);
  EXPECT_EQ(one(R"(44{"message":"unauthenticated"})").kind, Kind::refused);
  EXPECT_EQ(one("2").kind, Kind::ping);
  const Incoming acked = one(R"(431000000000000456[{"applied":true,"version":1}])");
  EXPECT_EQ(acked.kind, Kind::ack);
  EXPECT_EQ(acked.stamp, first_stamp + 456);
  EXPECT_TRUE(acked.applied);
  EXPECT_FALSE(one(R"(431000000000000456[{"error":"invalid_path"}])").applied);
  const Incoming delivery = one(
      R"(42["dashboard.state.sync",{"path":"bench.d0.p00001","value":{"n":1000000000000123,"p":"a"}}])");
  EXPECT_EQ(delivery.kind, Kind::delivery);
  EXPECT_EQ(delivery.stamp, first_stamp + 123);
}

TEST(SocketIoDialect, AnswersGreetingsAndPings) {
  EXPECT_EQ(socket_io_dialect().answer(Kind::greeting, "T"), R"(40{"token":"T"})");
  EXPECT_EQ(socket_io_dialect().answer(Kind::ping, "T"), "3");
}

TEST(EventText, NumbersAndStringsAfterAKey) {
  EXPECT_EQ(number_after(R"({"a":12,"b":3})", R"("b":)"), 3U);
  EXPECT_EQ(number_after(R"({"a":"x"})", R"("a":)"), 0U);
  EXPECT_EQ(number_after("{}", R"("a":)"), 0U);
  EXPECT_EQ(string_after(R"({"c":"one","c":"two"})", R"("c":)"), "two");
  EXPECT_EQ(string_after(R"({"c":5})", R"("c":)"), "");
}

}  // namespace
}  // namespace anabranch::load
