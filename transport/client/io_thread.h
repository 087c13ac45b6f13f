#pragma once

#include "transport/client/sessions.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace anabranch::transport {

/// Places a connection among those that wait for their deadlines.
using DeadlineHook = boost::intrusive::set_base_hook<>;

/// A live connection, as its I/O thread keeps it. Only for that thread.
class Connection : public DeadlineHook {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Connection() = default;
  /// The time has come that was given to IoThread::call_at.
  virtual void on_deadline() = 0;
  /// Ends the connection in good order, within seconds.
  virtual void shut_down(CloseCode code) = 0;
  /// Ends it now.
  virtual void abort() = 0;

 private:
  friend class IoThread;
  struct Deadline {
    using type = TimePoint;
    TimePoint operator()(const Connection& connection) const { return connection.deadline_; }
  };

  TimePoint deadline_;
};

/// Lets other threads hand tasks to an I/O thread, for as long as it runs. Outlives the thread, so
/// that those who still hold an ended connection can go on calling it. What is handed over while
/// the thread is busy costs it one wake-up, and is done in the order of the calls.
class IoGate : public std::enable_shared_from_this<IoGate> {
 public:
  explicit IoGate(boost::asio::io_context& context) : context_(&context) {}
  /// Any thread. Does nothing once shut.
  void post(std::function<void()> task);
  void shut();

  /// Makes the thread do what waits. HeldWakes calls it.
  void wake();

 private:
  using Tasks = std::vector<std::function<void()>>;

  void run();

  std::mutex mutex_;  // guards the next two
  boost::asio::io_context* context_;
  Tasks waiting_;
  Tasks running_;  // the thread's alone
};

/// One thread with its io_context and the connections that live on it.
///
/// Lifecycle: `start`; `finish` once nothing new will be added and all connections are ending;
/// `join` before the destructor.
class IoThread {
 public:
  /// `sink`: null where there are no sessions.
  explicit IoThread(SessionSink* sink);

  void start();
  void finish();
  void join();

  boost::asio::io_context& context() { return context_; }
  const std::shared_ptr<IoGate>& gate() const { return gate_; }
  const FrameTimeMeter& frame_times() const { return frame_times_; }

  // On the thread itself:

  FrameTimeMeter& frame_times() { return frame_times_; }
  void add(std::shared_ptr<Connection> connection);
  void remove(const Connection* connection);
  /// A session has given something to the sink: has it flushed when the sessions that have work at
  /// this moment have done theirs, or enough of them.
  void has_handed_over();
  /// Has `connection`, which has been added, called at `time` and at no other.
  void call_at(Connection& connection, Connection::TimePoint time);
  void call_off(Connection& connection);
  /// A snapshot: connections may leave while it is walked.
  std::vector<std::shared_ptr<Connection>> connections() const;

 private:
  using Deadlines =
      boost::intrusive::multiset<Connection, boost::intrusive::base_hook<DeadlineHook>,
                                 boost::intrusive::key_of_value<Connection::Deadline>>;

  void flush_sink();
  void await_deadline();
  void call_due();

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::shared_ptr<IoGate> gate_;
  SessionSink* const sink_;
  std::size_t handed_over_ = 0;  ///< since the last flush
  FrameTimeMeter frame_times_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  Deadlines deadlines_;
  /// One for all: a timer for each connection would be a quarter of what an idle one takes.
  boost::asio::steady_timer timer_;
  Connection::TimePoint timer_at_ = Connection::TimePoint::max();
  std::thread thread_;
};

}  // namespace anabranch::transport
