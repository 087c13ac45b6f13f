#include "transport/client/io_thread.h"

#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace anabranch::transport {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

class CountingSink final : public SessionSink {
 public:
  void flush() override { ++flushes; }
  void on_open(std::shared_ptr<ClientConnection>, const Identity&) override {}
  void on_write(SessionId, wire::WriteRequest, std::int64_t) override {}
  void on_request(SessionId, wire::StateRequest) override {}
  void on_answer(SessionId, wire::ClientEvent) override {}
  void on_close(SessionId) override {}

  int flushes = 0;
};

/// Calls back at its deadline.
class Waiting final : public Connection {
 public:
  explicit Waiting(std::function<void()> act) : act_(std::move(act)) {}
  void shut_down(CloseCode) override {}
  void abort() override {}
  void on_deadline() override { act_(); }

 private:
  std::function<void()> act_;
};

struct IoThreadTest : testing::Test {
  IoThreadTest() { thread.start(); }
  ~IoThreadTest() override {
    thread.finish();
    thread.join();
  }

  /// Runs `act` on the thread, and whatever that has it do next.
  void run(const std::function<void()>& act) {
    std::promise<void> done;
    thread.gate()->post(act);
    // The gate's next round comes behind what `act` has posted.
    thread.gate()->post([&] { thread.gate()->post([&] { done.set_value(); }); });
    done.get_future().wait();
  }
  std::shared_ptr<Waiting> add(std::function<void()> act) {
    auto connection = std::make_shared<Waiting>(std::move(act));
    thread.add(connection);
    return connection;
  }

  CountingSink sink;
  IoThread thread{&sink};
};

TEST_F(IoThreadTest, FlushesTheSinkOnceForManyCalls) {
  run([this] {
    for (int i = 0; i < 5; ++i) thread.has_handed_over();
    EXPECT_EQ(sink.flushes, 0);
  });
  EXPECT_EQ(sink.flushes, 1);
  run([this] { thread.has_handed_over(); });
  EXPECT_EQ(sink.flushes, 2);
}

TEST_F(IoThreadTest, DoesNotKeepMuchFromTheSink) {
  run([this] {
    for (int i = 0; i < 40; ++i) thread.has_handed_over();
    EXPECT_EQ(sink.flushes, 2);
  });
  EXPECT_EQ(sink.flushes, 3);
}

TEST_F(IoThreadTest, CallsEachConnectionAtItsTime) {
  std::vector<int> called;
  std::promise<void> last;
  std::vector<std::shared_ptr<Waiting>> all;
  run([&] {
    const auto now = SteadyClock::now();
    for (int i = 0; i < 4; ++i) {
      all.push_back(add([&called, &last, i] {
        called.push_back(i);
        if (i == 2) last.set_value();
      }));
    }
    thread.call_at(*all[2], now + milliseconds(60));
    thread.call_at(*all[1], now + milliseconds(40));
    thread.call_at(*all[0], now + milliseconds(1));
    thread.call_at(*all[0], now + milliseconds(20));  // instead
    thread.call_at(*all[3], now + milliseconds(30));
    thread.call_off(*all[3]);
  });
  last.get_future().wait();
  run([&] {
    EXPECT_EQ(called, (std::vector<int>{0, 1, 2}));
    for (const auto& connection : all) thread.remove(connection.get());
  });
}

TEST_F(IoThreadTest, AConnectionMayLeaveOrWaitAnewWhenItIsCalled) {
  int calls = 0;
  std::promise<void> last;
  std::shared_ptr<Waiting> again;
  run([&] {
    again = add([&] {
      if (++calls < 3) return thread.call_at(*again, SteadyClock::now() + milliseconds(1));
      thread.remove(again.get());
      last.set_value();
    });
    thread.call_at(*again, SteadyClock::now());
  });
  last.get_future().wait();
  EXPECT_EQ(calls, 3);
}

// The one that waits must not keep the thread from ending, nor be forgotten for it.
TEST_F(IoThreadTest, WaitsAnewAfterNobodyWaited) {
  std::promise<void> called;
  std::shared_ptr<Waiting> connection;
  run([&] {
    connection = add([&] { called.set_value(); });
    thread.call_at(*connection, SteadyClock::now() + milliseconds(20));
    thread.call_off(*connection);
    thread.call_at(*connection, SteadyClock::now() + milliseconds(40));
  });
  called.get_future().wait();
  run([&] {
    thread.call_at(*connection, SteadyClock::now() + std::chrono::hours(1));
    thread.remove(connection.get());
  });
}

}  // namespace
}  // namespace anabranch::transport
