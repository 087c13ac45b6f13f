#include "node/rooms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// What each of a user's connections is given, in which order, and in how many calls.

namespace anabranch::node {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FakeConnection final : public transport::ClientConnection {
 public:
  explicit FakeConnection(std::uint64_t id) : id_{id} {}

  SessionId id() const override { return id_; }
  void send(transport::Frame frame) override { calls.push_back(codes_in(*frame)); }
  void answered(std::size_t) override {}
  void refused(std::int64_t) override {}
  void close(transport::CloseCode, std::string_view) override { calls.push_back("closed"); }
  std::size_t queued_bytes() const override { return 0; }

  std::vector<std::string> calls;

 private:
  /// The messages of the errors that were sent in one call.
  static std::string codes_in(const transport::EncodedEvents& events) {
    std::string all;
    for (std::size_t i = 0; i < events.count(); ++i) {
      const std::string text(events.at(i));
      const std::string name = R"("message":")";
      const std::size_t begin = text.find(name) + name.size();
      all += (i == 0 ? "" : " ") + text.substr(begin, text.find('"', begin) - begin);
    }
    return all;
  }

  SessionId id_;
};

/// Any event will do.
std::vector<wire::ClientEvent> event(const std::string& name) {
  wire::ErrorEvent error;
  error.message = name;
  return {error};
}

struct RoomsOfTwoUsers : testing::Test {
  RoomsOfTwoUsers() {
    for (const auto& one : {a, b, c}) EXPECT_TRUE(rooms.open(one, "alice", 1));
    EXPECT_TRUE(rooms.open(d, "bob", 1));
  }

  const wire::CursorCodec cursors{{}, {}};
  Rooms rooms{3, cursors};
  const std::shared_ptr<FakeConnection> a = std::make_shared<FakeConnection>(1);
  const std::shared_ptr<FakeConnection> b = std::make_shared<FakeConnection>(2);
  const std::shared_ptr<FakeConnection> c = std::make_shared<FakeConnection>(3);
  const std::shared_ptr<FakeConnection> d = std::make_shared<FakeConnection>(4);
};

TEST_F(RoomsOfTwoUsers, GiveEachConnectionWhatWasDeliveredInOneCall) {
  EXPECT_EQ(rooms.deliver("alice", a->id(), event("1")), 2U);
  EXPECT_EQ(rooms.deliver("bob", {}, event("other")), 1U);
  EXPECT_EQ(rooms.deliver("alice", a->id(), event("2")), 2U);
  rooms.flush();
  EXPECT_THAT(a->calls, IsEmpty());
  EXPECT_THAT(b->calls, ElementsAre("1 2"));
  EXPECT_THAT(c->calls, ElementsAre("1 2"));
  EXPECT_THAT(d->calls, ElementsAre("other"));
  rooms.flush();
  EXPECT_THAT(b->calls, ElementsAre("1 2"));
}

TEST_F(RoomsOfTwoUsers, KeepTheOrderForConnectionsThatWriteInTurns) {
  rooms.deliver("alice", a->id(), event("1"));
  rooms.send(a->id(), event("ack 1"));
  rooms.deliver("alice", a->id(), event("2"));
  rooms.send(a->id(), event("ack 2"));
  rooms.deliver("alice", b->id(), event("3"));
  rooms.send(b->id(), event("ack 3"));
  rooms.deliver("alice", {}, event("4"));
  rooms.flush();
  EXPECT_THAT(a->calls, ElementsAre("ack 1", "ack 2", "3", "4"));
  EXPECT_THAT(b->calls, ElementsAre("1 2", "ack 3", "4"));
  EXPECT_THAT(c->calls, ElementsAre("1 2", "3", "4"));
}

TEST_F(RoomsOfTwoUsers, AnswerAfterWhatWasDeliveredBefore) {
  rooms.deliver("alice", a->id(), event("1"));
  rooms.send(c->id(), event("state"));
  rooms.deliver("alice", a->id(), event("2"));
  rooms.flush();
  EXPECT_THAT(b->calls, ElementsAre("1", "2"));
  EXPECT_THAT(c->calls, ElementsAre("1", "state", "2"));
}

TEST_F(RoomsOfTwoUsers, DeliverBeforeTheyDismiss) {
  rooms.deliver("alice", a->id(), event("1"));
  rooms.dismiss("alice");
  rooms.flush();
  EXPECT_THAT(a->calls, ElementsAre("closed"));
  EXPECT_THAT(b->calls, ElementsAre("1", "closed"));
}

TEST_F(RoomsOfTwoUsers, KeepNothingBackForNobody) {
  EXPECT_EQ(rooms.deliver("bob", d->id(), event("1")), 0U);
  EXPECT_EQ(rooms.deliver("carol", {}, event("1")), 0U);
  EXPECT_EQ(rooms.deliver("bob", a->id(), event("2")), 1U) << "who is of another room is no reason";
  rooms.flush();
  EXPECT_THAT(d->calls, ElementsAre("2"));
}

TEST_F(RoomsOfTwoUsers, PutNoMoreTogetherThanAFrameMayHold) {
  const std::string less(30'000, 'l');
  const std::string more(40'000, 'm');
  const std::string whole(70'000, 'w');
  for (const auto& text : {less, less, less, more, more, whole, less, less}) {
    rooms.deliver("bob", {}, event(text));
  }
  rooms.flush();
  EXPECT_THAT(d->calls, ElementsAre(less + " " + less, less, more, more, whole, less + " " + less));
}

TEST_F(RoomsOfTwoUsers, KnowWhoHears) {
  EXPECT_TRUE(rooms.hears("alice", {}));
  EXPECT_TRUE(rooms.hears("alice", a->id()));
  EXPECT_TRUE(rooms.hears("bob", {}));
  EXPECT_TRUE(rooms.hears("bob", a->id())) << "who is of another room is no reason";
  EXPECT_FALSE(rooms.hears("bob", d->id()));
  EXPECT_FALSE(rooms.hears("carol", {}));
  rooms.close(d->id());
  EXPECT_FALSE(rooms.hears("bob", {}));
}

TEST_F(RoomsOfTwoUsers, TakeNoMoreThanTheyMay) {
  const auto fourth = std::make_shared<FakeConnection>(5);
  EXPECT_FALSE(rooms.open(fourth, "alice", 1));
  rooms.close(a->id());
  EXPECT_EQ(rooms.find(a->id()), nullptr);
  EXPECT_TRUE(rooms.open(fourth, "alice", 1));
  EXPECT_EQ(rooms.deliver("alice", {}, event("1")), 3U);
  rooms.flush();
  EXPECT_THAT(a->calls, IsEmpty());
  EXPECT_THAT(fourth->calls, ElementsAre("1"));
}

}  // namespace
}  // namespace anabranch::node
