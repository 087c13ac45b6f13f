#include "transport/client/io_thread.h"

#include "transport/client/held_wakes.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace anabranch::transport {
namespace {

/// Of gates that are still to be woken by this thread.
thread_local std::vector<std::shared_ptr<IoGate>> held;
thread_local bool is_holding = false;

/// Waking the replica's thread costs more than what a session hands over; while it sleeps, though,
/// nothing is done about any of it.
constexpr std::size_t most_unflushed = 16;

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

IoThread::IoThread(SessionSink* sink)
    : context_(1),
      work_(context_.get_executor()),
      gate_(std::make_shared<IoGate>(context_)),
      sink_(sink),
      timer_(context_) {}

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

void IoThread::remove(const Connection* connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  call_off(*found->second);
  connections_.erase(found);
}

// ---- the sink

/// What is posted runs behind what is ready by now.
void IoThread::has_handed_over() {
  ++handed_over_;
  if (handed_over_ >= most_unflushed) return flush_sink();
  if (handed_over_ > 1) return;
  boost::asio::post(context_, [this] {
    if (handed_over_ > 0) flush_sink();
  });
}

void IoThread::flush_sink() {
  handed_over_ = 0;
  sink_->flush();
}

// ---- deadlines

void IoThread::call_at(Connection& connection, Connection::TimePoint time) {
  if (connection.is_linked()) deadlines_.erase(deadlines_.iterator_to(connection));
  connection.deadline_ = time;
  deadlines_.insert(connection);
  await_deadline();
}

void IoThread::call_off(Connection& connection) {
  if (!connection.is_linked()) return;
  deadlines_.erase(deadlines_.iterator_to(connection));
  if (!deadlines_.empty()) return;
  timer_at_ = Connection::TimePoint::max();
  timer_.cancel();  // lest it keep the thread from ending
}

/// The timer is not put off when what it was set for is: it just looks again.
void IoThread::await_deadline() {
  if (deadlines_.empty() || timer_at_ <= deadlines_.begin()->deadline_) return;
  timer_at_ = deadlines_.begin()->deadline_;
  timer_.expires_at(timer_at_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) call_due();
  });
}

void IoThread::call_due() {
  timer_at_ = Connection::TimePoint::min();
  const auto now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->deadline_ <= now) {
    Connection& due = *deadlines_.begin();
    const std::shared_ptr<Connection> alive = connections_.at(&due);
    deadlines_.erase(deadlines_.begin());
    due.on_deadline();
  }
  timer_at_ = Connection::TimePoint::max();
  await_deadline();
}

std::vector<std::shared_ptr<Connection>> IoThread::connections() const {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& entry : connections_) all.push_back(entry.second);
  return all;
}

}  // namespace anabranch::transport
