#include "load/report.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::load {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// 100 updates in a second to two other devices each, after a warm-up of 10.
UpdateResult good_result() {
  UpdateResult result;
  result.per_second = 100;
  result.seconds = 1;
  result.counts.sent = 110;
  result.counts.acked = 110;
  result.counts.delivered = 220;
  result.expected_deliveries = 220;
  for (int i = 0; i < 100; ++i) {
    result.findings.ack.record((i + 1) * millisecond);
    result.findings.delivery.record((i + 1) * millisecond);
    result.findings.delivery.record(2 * millisecond);
    result.findings.lag.record(millisecond / 100);
  }
  result.server_cpu_seconds = 0.002;
  result.server_updates = 100;
  result.server_memory_bytes = 1 << 20;
  return result;
}

TEST(Report, JsonTellsWhatWasMeasured) {
  const RunDescription run{"updates", {"ws://h/v1/sync"}, 5, 3, 1, 200, 10, 1};
  const auto told = json::parse(to_json(run, good_result())).as_object();
  EXPECT_EQ(told.at("mode"), "updates");
  EXPECT_EQ(told.at("users").to_number<int>(), 5);
  EXPECT_TRUE(told.at("whole").as_bool());
  EXPECT_EQ(told.at("updates").at("acked").to_number<int>(), 110);
  EXPECT_DOUBLE_EQ(told.at("updates").at("per_second").to_number<double>(), 100);
  EXPECT_DOUBLE_EQ(told.at("deliveries").at("per_second").to_number<double>(), 200);
  EXPECT_EQ(told.at("deliveries").at("lost").to_number<int>(), 0);
  EXPECT_NEAR(told.at("latency_ms").at("ack").at("p99").to_number<double>(), 99, 0.1);
  EXPECT_DOUBLE_EQ(told.at("server").at("cpu_us_per_update").to_number<double>(), 20);
  EXPECT_FALSE(told.at("generator").at("is_limit").as_bool());
  EXPECT_TRUE(told.at("advice").as_array().empty());
}

TEST(Report, NothingIsWrongWithAWholeRun) {
  EXPECT_TRUE(good_result().is_whole());
  EXPECT_THAT(advice_for(good_result()), IsEmpty());
}

TEST(Report, WhateverIsMissingMakesARunFail) {
  const auto broken = [](auto change) {
    UpdateResult result = good_result();
    change(result);
    EXPECT_FALSE(result.is_whole());
    EXPECT_THAT(advice_for(result), Not(IsEmpty()));
  };
  broken([](UpdateResult& result) { --result.counts.delivered; });
  broken([](UpdateResult& result) { --result.counts.acked; });
  broken([](UpdateResult& result) { ++result.counts.skipped; });
  broken([](UpdateResult& result) {
    --result.counts.acked;
    ++result.counts.stale;
  });
}

TEST(Report, ARunThatSentNothingIsNotWhole) { EXPECT_FALSE(UpdateResult().is_whole()); }

TEST(Report, SaysWhichSettingIsInTheWay) {
  UpdateResult result = good_result();
  result.findings.errors["rate_limited"] = 7;
  result.findings.updates_per_minute = 100;
  EXPECT_THAT(advice_for(result), Contains(HasSubstr("updates_per_minute = 0")));
}

TEST(Report, SaysWhatToDoAboutConnectionsThatEnded) {
  Findings findings;
  findings.misfortunes["closed with 4429: too many connections"] = 36;
  EXPECT_THAT(advice_for(findings), Contains(HasSubstr("max_connections_per_user")));
  findings.misfortunes = {{"closed with 1012: this node is stopping", 1}};
  EXPECT_EQ(advice_for(findings).size(), 1U);
}

TEST(Report, WarnsOfARateLimitBeforeItBites) {
  EXPECT_THAT(rate_limit_warning(100, 10), HasSubstr("updates_per_minute = 0"));
  EXPECT_EQ(rate_limit_warning(100, 1.5), "");
  EXPECT_EQ(rate_limit_warning(0, 1000), "");
}

TEST(Report, SaysWhenTheGeneratorWasTooSlow) {
  UpdateResult result = good_result();
  for (int i = 0; i < 100; ++i) result.findings.lag.record(50 * millisecond);
  EXPECT_TRUE(result.is_limited_by_generator());
  EXPECT_THAT(advice_for(result), Contains(HasSubstr("late itself")));
  for (int i = 0; i < 10; ++i) result.findings.ack.record(second);
  EXPECT_FALSE(result.is_limited_by_generator()) << "the node was far slower";
}

TEST(Report, ASearchPassesOnlyWhatIsWholeAndInTime) {
  EXPECT_TRUE(SearchResult::passes(good_result(), 0.1));
  EXPECT_FALSE(SearchResult::passes(good_result(), 0.05));
  UpdateResult lossy = good_result();
  --lossy.counts.delivered;
  EXPECT_FALSE(SearchResult::passes(lossy, 0.1));
}

TEST(Report, SaysWhenTheGeneratorHadNoRoomLeft) {
  ConnectResult result;
  result.wanted = result.counts.connected = 10;
  result.seconds = 2;
  result.own = {3.5, 2};
  EXPECT_THAT(to_text(result), Not(HasSubstr("busy all the time")));
  result.own.cpu_seconds = 3.9;
  EXPECT_THAT(to_text(result), HasSubstr("busy all the time"));
}

TEST(Report, TellsTheMemoryOfAConnection) {
  IdleResult result;
  result.connecting.wanted = 1000;
  result.connecting.counts.connected = 1000;
  result.connecting.seconds = 1;
  result.before = ProcessUse{1, 50'000'000};
  result.after = ProcessUse{1.5, 60'000'000};
  result.seconds = 5;
  EXPECT_DOUBLE_EQ(bytes_per_connection(result), 10'000);
  EXPECT_THAT(to_text(result), HasSubstr("10000 bytes each"));
}

}  // namespace
}  // namespace anabranch::load
