#pragma once

#include "transport/client/sessions.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace anabranch::transport {

/// A live connection, as its I/O thread keeps it. Only for that thread.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Ends the connection in good order, within seconds.
  virtual void shut_down(CloseCode code) = 0;
  /// Ends it now.
  virtual void abort() = 0;
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
  IoThread();

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
  /// A snapshot: connections may leave while it is walked.
  std::vector<std::shared_ptr<Connection>> connections() const;

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::shared_ptr<IoGate> gate_;
  FrameTimeMeter frame_times_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace anabranch::transport
