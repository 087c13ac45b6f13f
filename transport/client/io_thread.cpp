#include "transport/client/io_thread.h"

#include "transport/client/held_wakes.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace anabranch::transport {
namespace {

/// Of gates that are still to be woken by this thread.
thread_local std::vector<std::shared_ptr<IoGate>> held;
thread_local bool is_holding = false;

}  // namespace

HeldWakes::HeldWakes() { is_holding = true; }

HeldWakes::~HeldWakes() {
  is_holding = false;
  for (const auto& gate : held) gate->wake();
  held.clear();
}

void IoGate::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (context_ == nullptr) return;
    waiting_.push_back(std::move(task));
    if (waiting_.size() > 1) return;  // whoever came first tells the thread
  }
  if (is_holding) return held.push_back(shared_from_this());
  wake();
}

void IoGate::wake() {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return;
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
