#include "transport/client/io_thread.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace anabranch::transport {

void IoGate::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr) boost::asio::post(*context_, std::move(task));
}

void IoGate::shut() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
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
