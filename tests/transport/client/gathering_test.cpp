#include "tests/transport/client/fakes.h"
#include "transport/client/any_stream.h"
#include "transport/client/frame_batch.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// Frames that wait for one connection go out together.

namespace anabranch::transport {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* by_name =
    "Authorization: Bearer alice\r\nSec-WebSocket-Protocol: anabranch.v1.json\r\n";

std::string numbered(int i) { return "{\"n\":" + std::to_string(i) + "}"; }

/// What a batch writes of a mailbox, frame by frame; a + where more was said to follow.
std::vector<std::string> drain(ConnectionMailbox& mailbox, bool arrays) {
  FrameBatch batch;
  batch.use_arrays(arrays);
  FrameTimeMeter times;
  std::vector<std::string> written;
  while (batch.begin(mailbox, times)) {
    EXPECT_TRUE(batch.is_writing());
    written.push_back(std::string(batch.text()) + (batch.more() ? "+" : ""));
    batch.finish();
    EXPECT_FALSE(batch.is_writing());
  }
  return written;
}

TEST(FrameBatch, WritesOneFrameAfterTheOther) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  EXPECT_THAT(drain(mailbox, false), IsEmpty());
  for (int i = 0; i < 3; ++i) mailbox.send(frame_of(numbered(i)));
  EXPECT_THAT(drain(mailbox, false), ElementsAre("{\"n\":0}+", "{\"n\":1}+", "{\"n\":2}"));
}

TEST(FrameBatch, WritesOneArrayWhereTheClientTakesThem) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  mailbox.send(frame_of(numbered(0)));
  EXPECT_THAT(drain(mailbox, true), ElementsAre("{\"n\":0}"));
  for (int i = 0; i < 3; ++i) mailbox.send(frame_of(numbered(i)));
  EXPECT_THAT(drain(mailbox, true), ElementsAre("[{\"n\":0},{\"n\":1},{\"n\":2}]"));
}

TEST(FrameBatch, TakesNoMoreThanItsBound) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  const std::string large(FrameBatch::max_bytes + 1, 'l');
  const std::string half(FrameBatch::max_bytes / 2, 'h');
  for (const auto& text : {large, half, half, half}) mailbox.send(frame_of(text));
  EXPECT_THAT(drain(mailbox, true), ElementsAre(large, "[" + half + "," + half + "]", half));
}

/// Several events that are handed to a connection as one.
Frame run_of(int first, int count, FrameTiming timing = {}) {
  EncodedEvents events;
  for (int i = first; i < first + count; ++i) {
    events.add(timing, [i](std::string& text) { text += numbered(i); });
  }
  return std::make_shared<const EncodedEvents>(std::move(events));
}

TEST(EncodedEvents, AreOneTextOrEachItsOwn) {
  const Frame one = frame_of(numbered(7));
  EXPECT_EQ(one->count(), 1U);
  EXPECT_EQ(one->all(), numbered(7));
  EXPECT_EQ(one->at(0), numbered(7));
  const Frame three = run_of(0, 3);
  EXPECT_EQ(three->count(), 3U);
  EXPECT_EQ(three->all(), "[{\"n\":0},{\"n\":1},{\"n\":2}]");
  EXPECT_EQ(three->listed(), "{\"n\":0},{\"n\":1},{\"n\":2}");
  EXPECT_EQ(three->size(), three->all().size());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(three->at(static_cast<std::size_t>(i)), numbered(i));
}

TEST(EncodedEvents, GiveTheirLastOneBack) {
  EncodedEvents events;
  for (int i = 0; i < 3; ++i) {
    events.add({FrameTiming::Of::sync, i}, [i](std::string& text) { text += numbered(i); });
  }
  const EncodedEvents last = events.take_last();
  EXPECT_EQ(last.all(), numbered(2));
  EXPECT_EQ(last.timing_of(0).read_ns, 2);
  EXPECT_EQ(events.all(), "[{\"n\":0},{\"n\":1}]");
  EXPECT_EQ(events.take_last().all(), numbered(1));
  EXPECT_EQ(events.all(), numbered(0));
}

TEST(FrameBatch, SplicesWhatCameTogetherAndWhatCameAlone) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  mailbox.send(run_of(0, 2));
  EXPECT_THAT(drain(mailbox, true), ElementsAre("[{\"n\":0},{\"n\":1}]"));
  mailbox.send(run_of(0, 2));
  mailbox.send(frame_of(numbered(2)));
  mailbox.send(run_of(3, 2));
  EXPECT_THAT(drain(mailbox, true),
              ElementsAre("[{\"n\":0},{\"n\":1},{\"n\":2},{\"n\":3},{\"n\":4}]"));
}

TEST(FrameBatch, TakesApartWhatCameTogetherForAClientWithoutArrays) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  mailbox.send(run_of(0, 2));
  mailbox.send(frame_of(numbered(2)));
  mailbox.send(run_of(3, 2));
  EXPECT_THAT(drain(mailbox, false),
              ElementsAre("{\"n\":0}+", "{\"n\":1}+", "{\"n\":2}+", "{\"n\":3}+", "{\"n\":4}"));
}

TEST(FrameBatch, NotesTheTimeOfEachEvent) {
  ConnectionMailbox mailbox(SessionId{1}, 1 << 20, [] {});
  mailbox.send(frame_of("x", {FrameTiming::Of::sync, 1}));
  mailbox.send(run_of(0, 2, {FrameTiming::Of::sync, 1}));
  FrameBatch batch;
  batch.use_arrays(true);
  FrameTimeMeter times;
  ASSERT_TRUE(batch.begin(mailbox, times));
  std::uint64_t noted = 0;
  for (const auto count : times.times().sync.buckets) noted += count;
  EXPECT_EQ(noted, 3U);
}

/// A socket that takes so many bytes at a time, and keeps what it is given.
class FakeSocket final : public ByteStream {
 public:
  struct Seen {
    std::vector<std::string> writes;
    bool torn_down = false;
  };
  FakeSocket(asio::io_context& context, Seen& seen, std::size_t at_a_time)
      : context_(context), seen_(seen), at_a_time_(at_a_time) {}

  void read_some(const ReadBuffers&, Transferred) override {}
  void write_some(const WriteBuffers& buffers, Transferred handler) override {
    std::string all;
    for (const auto& piece : buffers) {
      all.append(static_cast<const char*>(piece.data()), piece.size());
    }
    all.resize(std::min(all.size(), at_a_time_));
    seen_.writes.push_back(all);
    asio::post(context_, [size = all.size(), handler = std::move(handler)]() mutable {
      std::move(handler)(ErrorCode(), size);
    });
  }
  void wait_readable(std::shared_ptr<Waiter>) override {}
  void cancel() override {}
  void teardown(Done) override { seen_.torn_down = true; }
  std::uint64_t written() const override { return 0; }
  void close() override {}

 private:
  asio::io_context& context_;
  Seen& seen_;
  std::size_t at_a_time_;
};

struct HoldingStream : testing::Test {
  explicit HoldingStream(std::size_t at_a_time = 1 << 20)
      : stream(context.get_executor(), std::make_unique<FakeSocket>(context, seen, at_a_time)) {}

  /// Returns what the caller is told.
  std::size_t write(const std::string& text, bool may_wait) {
    std::size_t told = 0;
    stream.let_next_write_wait(may_wait);
    stream.async_write_some(asio::buffer(text), [&told](ErrorCode error, std::size_t bytes) {
      EXPECT_FALSE(error);
      told = bytes;
    });
    EXPECT_EQ(told, 0U) << "a handler was called from within the call";
    context.restart();
    context.run();
    return told;
  }

  asio::io_context context;
  FakeSocket::Seen seen;
  AnyStream stream;
};

struct HoldingStreamOfASlowSocket : HoldingStream {
  HoldingStreamOfASlowSocket() : HoldingStream(3) {}
};

TEST_F(HoldingStream, WritesWhatWaitedTogetherWithWhatFollows) {
  EXPECT_EQ(write("one", true), 3U);
  EXPECT_EQ(write("three", true), 5U);
  EXPECT_THAT(seen.writes, IsEmpty());
  EXPECT_EQ(write("seven", false), 5U);
  EXPECT_EQ(write("next", false), 4U);
  EXPECT_THAT(seen.writes, ElementsAre("onethreeseven", "next"));
}

TEST_F(HoldingStream, LetsOnlyTheNextWriteWait) {
  EXPECT_EQ(write("one", true), 3U);
  stream.async_write_some(asio::buffer("pong", 4), [](ErrorCode, std::size_t) {});
  EXPECT_THAT(seen.writes, ElementsAre("onepong"));
}

TEST_F(HoldingStream, KeepsNoMoreThanItsBound) {
  const std::string much(AnyStream::max_held_bytes - 1, 'm');
  write(much, true);
  write("x", true);
  EXPECT_THAT(seen.writes, IsEmpty());
  EXPECT_EQ(write("y", true), 1U);
  EXPECT_THAT(seen.writes, ElementsAre(much + "xy"));
}

TEST_F(HoldingStream, WritesWhatWaitsBeforeItEnds) {
  write("close", true);
  stream.teardown([](ErrorCode) {});
  EXPECT_FALSE(seen.torn_down);
  context.restart();
  context.run();
  EXPECT_THAT(seen.writes, ElementsAre("close"));
  EXPECT_TRUE(seen.torn_down);
}

TEST_F(HoldingStreamOfASlowSocket, GoesOnUntilAllIsWritten) {
  EXPECT_EQ(write("abcd", true), 4U);
  EXPECT_EQ(write("efg", false), 3U);
  EXPECT_THAT(seen.writes, ElementsAre("abc", "def", "g"));
}

/// A server that, asked by HTTP, does something on its only I/O thread: what is sent there waits
/// until that thread looks.
struct Gathering : testing::Test {
  void on_the_thread(std::function<void(ClientConnection&)> act) {
    act_ = std::move(act);
    TestClient(server.port()).request("GET", "/healthz");
  }

  std::function<void(ClientConnection&)> act_;
  TestServer server{[](SessionOptions& options) { options.send_buffer_bytes = 1000000; },
                    [this](HttpQuery, const std::function<void(HttpAnswer)>& done) {
                      act_(*server.sink.connection());
                      done({});
                    }};
};

void send_numbered(ClientConnection& connection, int count) {
  for (int i = 0; i < count; ++i) connection.send(frame_of(numbered(i)));
}

TEST_F(Gathering, KeepsFramesApartForAClientThatNamedNoProtocol) {
  const auto client = connect_as(server, "alice");
  on_the_thread([](ClientConnection& connection) { send_numbered(connection, 500); });
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client->receive_text(), numbered(i));
}

TEST_F(Gathering, SendsAnArrayToAClientThatNamedTheProtocol) {
  TestClient client(server.port());
  ASSERT_EQ(client.upgrade(by_name).status, 101);
  EXPECT_NE(client.receive_text().front(), '[') << "auth.ok is alone";
  on_the_thread([](ClientConnection& connection) { send_numbered(connection, 3); });
  EXPECT_EQ(client.receive_text(), "[{\"n\":0},{\"n\":1},{\"n\":2}]");
  on_the_thread([](ClientConnection& connection) { send_numbered(connection, 1); });
  EXPECT_EQ(client.receive_text(), "{\"n\":0}");
}

TEST_F(Gathering, KeepsTheOrderOfSmallAndLargeFrames) {
  const auto client = connect_as(server, "alice");
  std::vector<std::string> texts;
  for (const std::size_t size : {1, 30000, 2, 200000, 3, 4, 70000, 65536, 5}) {
    texts.emplace_back(size, 'x');
  }
  on_the_thread([&texts](ClientConnection& connection) {
    for (const auto& text : texts) connection.send(frame_of(text));
  });
  for (const auto& text : texts) ASSERT_EQ(client->receive_text().size(), text.size());
}

TEST_F(Gathering, SendsAllThatCameBeforeAClose) {
  const auto client = connect_as(server, "alice");
  on_the_thread([](ClientConnection& connection) {
    send_numbered(connection, 10);
    connection.close(CloseCode::going_away, "enough");
  });
  for (int i = 0; i < 10; ++i) ASSERT_EQ(client->receive_text(), numbered(i));
  EXPECT_EQ(client->receive_close().close_code, 1001);
}

TEST_F(Gathering, AnswersPingsAndFaultsInTheMidst) {
  const auto client = connect_as(server, "alice");
  on_the_thread([&client](ClientConnection& connection) {
    client->send_frame(TestClient::ping_opcode, "here");
    client->send_text("\xff\xff");
    send_numbered(connection, 500);
  });
  EXPECT_EQ(client->receive_close().close_code, 1007);
}

TEST_F(Gathering, ClosesAClientForWhomTooMuchWaits) {
  const auto client = connect_as(server, "alice");
  on_the_thread([](ClientConnection& connection) {
    const Frame frame = frame_of(std::string(10000, 'x'));
    for (int i = 0; i < 110; ++i) connection.send(frame);
  });
  EXPECT_EQ(client->receive_close().close_code, 4408);
}

}  // namespace
}  // namespace anabranch::transport
