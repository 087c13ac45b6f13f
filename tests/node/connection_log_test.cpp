#include "node/connection_log.h"

#include "node/refusal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace anabranch::node {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using transport::ConnectionEnd;
using transport::UpgradeRefusal;

class StandingClock final : public Clock {
 public:
  Now now() const override { return {0, ms}; }
  std::int64_t ms = 1'000'000;
};

struct Lines {
  explicit Lines(LogLevel level) : log({level, LogFormat::text}, out) {}

  /// The lines since the last call, without their times.
  std::vector<std::string> take() {
    std::vector<std::string> lines;
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);)
      lines.push_back(line.substr(line.find(' ') + 1));
    out.str("");
    return lines;
  }

  std::ostringstream out;
  Log log;
};

struct Connections {
  explicit Connections(LogLevel level = LogLevel::info) : lines(level) {}

  /// A connection of alice's that the node closed.
  ConnectionEnd end(std::uint16_t code, ConnectionEnd::By by = ConnectionEnd::By::node) {
    ConnectionEnd one;
    one.connection = {7};
    one.user = "alice";
    one.code = code;
    one.by = by;
    one.reason = "why";
    one.frames_in = 3;
    one.duration = std::chrono::milliseconds(1500);
    return one;
  }

  Lines lines;
  StandingClock clock;
  ConnectionLog log{lines.log, clock, UserHash("demo")};
};

TEST(UserHash, IsWhatAShellComputes) {
  // printf 'demo\0alice' | sha256sum | cut -c1-12
  EXPECT_EQ(UserHash("demo")("alice"), "4f5340822780");
  EXPECT_NE(UserHash("other")("alice"), UserHash("demo")("alice"));
}

TEST(ConnectionLog, OrdinaryLivesAreForDebugging) {
  Connections quiet;
  Connections all(LogLevel::debug);
  for (Connections* one : {&quiet, &all}) {
    one->log.on_upgraded({7});
    one->log.on_authenticated({7}, "alice");
    one->log.on_ended(one->end(1001, ConnectionEnd::By::client));
    one->log.on_ended(one->end(1012));
  }
  EXPECT_THAT(quiet.lines.take(), IsEmpty());
  const auto lines = all.lines.take();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "debug   connection opened connection=7");
  EXPECT_EQ(lines[1], "debug   connection authenticated connection=7 user=4f5340822780");
  EXPECT_EQ(lines[2],
            "debug   connection closed connection=7 user=4f5340822780 code=1001 by=client "
            "reason=why seconds=1.5 frames_in=3 bytes_in=0 frames_out=0 bytes_out=0");
}

TEST(ConnectionLog, WhatWentWrongIsTold) {
  Connections connections;
  for (const int code : {1008, 1009, 4401, 4408, 4429}) {
    connections.log.on_ended(connections.end(static_cast<std::uint16_t>(code)));
    const auto lines = connections.lines.take();
    ASSERT_EQ(lines.size(), 1U) << code;
    EXPECT_THAT(lines[0], HasSubstr("info    connection closed connection=7"));
    EXPECT_THAT(lines[0], HasSubstr("code=" + std::to_string(code)));
    EXPECT_THAT(lines[0], Not(HasSubstr("alice")));
  }
}

TEST(ConnectionLog, StrangersCannotFillTheLog) {
  Connections connections;
  for (int i = 0; i < 1000; ++i) connections.log.on_upgrade_refused(UpgradeRefusal::token);
  for (int i = 0; i < 1000; ++i) connections.log.on_authentication_failed({7}, {}, "bad");
  EXPECT_EQ(connections.lines.take().size(), 2 * LineBudget::lines);
  connections.clock.ms += LineBudget::span_ms;
  connections.log.on_upgrade_refused(UpgradeRefusal::full);
  EXPECT_THAT(connections.lines.take(),
              testing::ElementsAre("info    upgrade refused reason=full left_out=980"));
}

TEST(ConnectionLog, CountsByCodeAndReason) {
  Connections connections(LogLevel::error);
  connections.log.on_upgraded({1});
  connections.log.on_upgraded({2});
  connections.log.on_ended(connections.end(1000, ConnectionEnd::By::client));
  connections.log.on_ended(connections.end(4408));
  connections.log.on_ended(connections.end(4999, ConnectionEnd::By::client));
  connections.log.on_ended(connections.end(0, ConnectionEnd::By::client));
  connections.log.on_upgrade_refused(UpgradeRefusal::origin);
  const ConnectionCounts counts = connections.log.counts();
  EXPECT_EQ(counts.opened, 2U);
  for (std::size_t i = 0; i < counts.codes.size(); ++i) {
    const auto code = counts.codes[i];
    EXPECT_EQ(counts.closed[i], code == 0 ? 2U : code == 1000 || code == 4408 ? 1U : 0U) << code;
  }
  EXPECT_EQ(counts.refused[static_cast<std::size_t>(UpgradeRefusal::origin)], 1U);
  EXPECT_THAT(connections.lines.take(), IsEmpty());
}

TEST(RefusalLog, TheFirstIsToldTheRestCounted) {
  Lines lines(LogLevel::info);
  const UserHash user_hash("demo");
  RefusalLog refusals(lines.log, user_hash);
  wire::ErrorEvent limited;
  limited.code = wire::ErrorCode::rate_limited;
  for (int i = 0; i < 500; ++i) refusals.note({7}, "alice", limited, 1000 + i);
  refusals.note({8}, "bob", limited, 1000);
  wire::ErrorEvent other;
  other.code = wire::ErrorCode::version_ahead;
  other.traceparent =
      *wire::Traceparent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  refusals.note({7}, "alice", other, 1000);
  EXPECT_THAT(
      lines.take(),
      testing::ElementsAre(
          "info    update refused connection=7 user=4f5340822780 code=rate_limited",
          testing::MatchesRegex("info    update refused connection=8 user=.* code=rate_limited"),
          "info    update refused connection=7 user=4f5340822780 code=version_ahead "
          "traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  refusals.tick(1000 + RefusalLog::span_ms - 1);
  EXPECT_THAT(lines.take(), IsEmpty());
  refusals.tick(1000 + RefusalLog::span_ms);
  EXPECT_THAT(lines.take(), testing::ElementsAre("info    more updates refused user=4f5340822780 "
                                                 "code=rate_limited count=499 seconds=10"));
  refusals.note({7}, "alice", limited, 20'000);
  EXPECT_EQ(lines.take().size(), 1U) << "the next one is a first one again";
}

}  // namespace
}  // namespace anabranch::node
