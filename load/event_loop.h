#pragma once

#include "load/time.h"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace anabranch::load {

/// What a thread of the generator waits with. All of it belongs to that one thread.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();

  /// Handles what has come, a little of it; where there is nothing, waits until `deadline`. Close
  /// before that it does not sleep but looks again and again, so as to be on time.
  void turn(Nanoseconds deadline);

  /// Handles all that is there, without waiting: what is left once everything has been cut.
  void finish();

  boost::asio::io_context& context();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace anabranch::load
