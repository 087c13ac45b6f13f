#include "node/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anabranch::node {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatusTable, ShowsWhatTheNodeKnows) {
  const auto table = render_status(R"({"name":"eu","region":"eu-west","replica_id":"00ff",
    "version":"0.1.0","uptime_seconds":3725.5,"ready":true,"draining":false,
    "cluster":{"name":"demo","epoch":3},"clients":{"connections":12,"users":5},
    "state":{"users":5,"records":1234,"tombstones":7,"bytes":88231,"digest":"abc"},
    "version_vector":{"00ff":1042},
    "peers":[{"name":"us","region":"us-east","replica_id":"01","connected":true,"lag_writes":2,
      "lag_seconds":0.25,"behind_writes":1,"digest_equal":false,"last_heartbeat_seconds":0.4,
      "clock_offset_ms":-1.5}],
    "counters":{"updates_accepted":9}})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(*table, HasSubstr("eu (eu-west), ready\n"));
  EXPECT_THAT(*table, HasSubstr("version 0.1.0, for 1 h 2 min, replica 00ff\n"));
  EXPECT_THAT(*table, HasSubstr("demo, epoch 3\n"));
  EXPECT_THAT(*table, HasSubstr("12 connections of 5 users\n"));
  EXPECT_THAT(*table, HasSubstr("5 users, 1234 records, 86.2 KiB\n"));
  EXPECT_THAT(*table,
              HasSubstr("PEER  REGION   CONNECTED  LAG        BEHIND  DIGEST     HEARTBEAT  "
                        "CLOCK\n"));
  EXPECT_THAT(*table,
              HasSubstr("us    us-east  yes        2 (0.2 s)  1       DIFFERENT  0.4 s ago  "
                        "-1.5 ms\n"));
  EXPECT_THAT(*table, HasSubstr("updates accepted  9\n"));
}

TEST(StatusTable, TellsOfAPeerThatDrains) {
  const auto table =
      render_status(R"({"name":"eu","peers":[{"name":"us","connected":true,"draining":true}]})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(*table, HasSubstr("us    ?       yes, draining  ?"));
}

TEST(StatusTable, MarksAClockThatIsFarOff) {
  const auto clock_of = [](const std::string& offset_ms) {
    const auto table = render_status(R"({"name":"eu","peers":[{"name":"us","clock_offset_ms":)" +
                                     offset_ms + "}]}");
    return table ? *table : table.error().message;
  };
  EXPECT_THAT(clock_of("5000.0"), HasSubstr("+5000.0 ms\n"));
  EXPECT_THAT(clock_of("5000.5"), HasSubstr("+5000.5 ms !\n"));
  EXPECT_THAT(clock_of("-6000"), HasSubstr("-6000.0 ms !\n"));
}

TEST(StatusTable, TellsOfAcksThatWait) {
  const auto with = [](const std::string& acks) {
    const auto table = render_status(R"({"name":"eu","draining":true,"acks":)" + acks + "}");
    return table ? *table : table.error().message;
  };
  EXPECT_THAT(with(R"({"required":2,"waiting":17})"),
              HasSubstr("17 waiting for other nodes, 2 copies required\n"));
  EXPECT_THAT(with(R"({"required":0,"waiting":0})"), HasSubstr("of this node alone\n"));
  EXPECT_THAT(with("null"), HasSubstr("eu (?), draining\n"));
}

TEST(StatusTable, ADiskInTroubleIsTold) {
  const auto render = [](const std::string& rest) {
    return render_status(R"({"name":"eu","ready":true,)" + rest + "}").value();
  };
  EXPECT_THAT(render(R"("damaged":true)"), HasSubstr("ready, RECORDS DAMAGED"));
  EXPECT_THAT(render(R"("storage_ok":false,"damaged":true)"), HasSubstr("DISK REFUSES WRITES"));
  EXPECT_THAT(render(R"("storage_ok":true,"damaged":false)"), HasSubstr("ready\n"));
}

TEST(StatusTable, TellsWhyDeletesAreKept) {
  const auto with = [](const std::string& obstacle) {
    return render_status(R"({"name":"eu","state":{"tombstones":7},"collection":{"held_back_by":)" +
                         obstacle + "}}")
        .value();
  };
  EXPECT_THAT(with("null"), HasSubstr("7 tombstones\n"));
  EXPECT_THAT(with(R"("us is silent")"), HasSubstr("7 tombstones, kept because us is silent\n"));
}

TEST(StatusTable, TellsWhoIsNotAdmitted) {
  const std::string table = render_status(R"({"name":"eu","ready":false,"admitted":false,"peers":[
    {"name":"us","connected":true,"admitted":true},
    {"name":"ap","connected":true,"admitted":false},
    {"name":"sa","connected":false,"admitted":null}]})")
                                .value();
  EXPECT_THAT(table, HasSubstr("eu (?), not ready, not admitted yet\n"));
  EXPECT_THAT(table, HasSubstr("us    ?       yes                    ?"));
  EXPECT_THAT(table, HasSubstr("ap    ?       yes, not admitted yet  ?"));
  EXPECT_THAT(table, HasSubstr("sa    ?       no                     ?"));
}

TEST(StatusTable, WhatIsUnknownIsAQuestionMark) {
  const auto table = render_status(R"({"name":"eu","ready":false,
    "peers":[{"name":"us","connected":false,"lag_writes":null,"lag_seconds":null,
      "behind_writes":null,"digest_equal":null,"last_heartbeat_seconds":null}]})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(*table, HasSubstr("eu (?), not ready\n"));
  EXPECT_THAT(*table, HasSubstr("us    ?       no         ?    ?       ?       ?          ?\n"));
}

TEST(StatusTable, TextsOfOtherMachinesGiveATerminalNoOrders) {
  const auto table = render_status(R"({"name":"e\u001b[31mu","peers":[{"name":"\u0007"}]})");
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, Not(HasSubstr("\x1b")));
  EXPECT_THAT(*table, Not(HasSubstr("\x07")));
}

TEST(StatusTable, AnythingElseIsRefused) {
  for (const char* text : {"", "{", "[]", "5", "null", "{}", R"({"name":5})"}) {
    EXPECT_FALSE(render_status(text)) << text;
  }
}

}  // namespace
}  // namespace anabranch::node
