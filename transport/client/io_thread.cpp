#include "transport/client/io_thread.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace anabranch::transport {

void IoGate::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return;
  waiting_.push_back(std::move(task));
  if (waiting_.size() > 1) return;  // the thread has been told already
  boost::asio::post(*context_, [self = shared_from_this()] { self->run(); });
}

void IoGate::run() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(waiting_);
  }
  for (const auto& task : running_) task();
  running_.clear();
}

void IoGate::shut() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  waiting_.clear();
}

IoThread::IoThread()
    : context_(1), work_(context_.get_executor()), gate_(std::make_shared<IoGate>(context_)) {}

void IoThread::start() {
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::finish() { work_.reset(); }

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
  gate_->shut();
}

void IoThread::add(std::shared_ptr<Connection> connection) {
  const Connection* key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void IoThread::remove(const Connection* connection) { connections_.erase(connection); }

std::vector<std::shared_ptr<Connection>> IoThread::connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& entry : connections_) all.push_back(entry.second);
  return all;
}

}  // namespace anabranch::transport
