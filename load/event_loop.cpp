#include "load/event_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace anabranch::load {

namespace asio = boost::asio;

namespace {

/// How many handlers run before the caller may look at its timetable again.
constexpr int handlers_per_turn = 64;
/// Sleeping may take so much longer than asked.
constexpr Nanoseconds sleep_error = 80'000;

}  // namespace

struct EventLoop::Parts {
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  asio::steady_timer timer{context};
};

EventLoop::EventLoop() : parts_(std::make_unique<Parts>()) {}

EventLoop::~EventLoop() = default;

void EventLoop::turn(Nanoseconds deadline) {
  asio::io_context& context = parts_->context;
  if (context.stopped()) context.restart();
  int handled = 0;
  while (handled < handlers_per_turn && context.poll_one() > 0) ++handled;
  if (handled > 0) return;
  const Nanoseconds left = deadline - now() - sleep_error;
  if (left <= 0) return;
  parts_->timer.expires_after(std::chrono::nanoseconds(left));
  parts_->timer.async_wait([](const boost::system::error_code&) {});
  if (context.stopped()) context.restart();
  context.run_one();
  parts_->timer.cancel();
}

void EventLoop::finish() {
  if (parts_->context.stopped()) parts_->context.restart();
  while (parts_->context.poll() > 0) continue;
}

asio::io_context& EventLoop::context() { return parts_->context; }

}  // namespace anabranch::load
