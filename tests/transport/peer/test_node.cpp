#include "tests/transport/peer/test_node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace anabranch::transport::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto deadline = 30s;
constexpr auto rest = 10ms;

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{1000};
  return ++last;
}

wire::NodeReport report(std::uint64_t number) {
  wire::NodeReport report;
  report.replica = ReplicaId{7};
  report.vector.raise(ReplicaId{7}, 3);
  report.digest = "00112233445566778899aabbccddeeff";
  report.epoch = number;
  return report;
}

crdt::Write big_write(std::size_t bytes) {
  crdt::Write write;
  write.user = "user";
  write.stamp = {1, 1, "tab"};
  write.dot = {ReplicaId{7}, 1};
  const crdt::Value value('"' + std::string(bytes, 'x') + '"');
  write.changes.push_back({*crdt::Path::parse("key"), {crdt::RecordKind::value, value}});
  return write;
}

}  // namespace

wire::PeerMessage heartbeat(std::uint64_t number) { return wire::Heartbeat{report(number)}; }

wire::PeerMessage hello(std::uint64_t number) {
  return wire::Hello{report(number), static_cast<std::int64_t>(number)};
}

wire::PeerMessage pull(std::uint64_t number) { return wire::Pull{number, {}, 4}; }

wire::PeerMessage piece(std::uint64_t number) { return wire::PullPiece{number, 0, {}, {}}; }

wire::PeerMessage writes_of(std::size_t bytes) { return wire::PublishedWrites{{big_write(bytes)}}; }

wire::PeerMessage piece_of(std::size_t bytes) {
  return wire::PullPiece{1, 0, {big_write(bytes)}, {}};
}

bool eventually(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(rest);
  }
  return true;
}

void Inbox::put(wire::PeerEnvelope envelope) {
  const std::lock_guard lock(mutex_);
  envelopes_.push_back(std::move(envelope));
  arrived_.notify_all();
}

bool Inbox::has(const std::string& sender, const wire::PeerMessage& message) const {
  const std::lock_guard lock(mutex_);
  return holds(sender, message);
}

bool Inbox::gets(const std::string& sender, const wire::PeerMessage& message) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, deadline, [&] { return holds(sender, message); });
}

std::size_t Inbox::size() const {
  const std::lock_guard lock(mutex_);
  return envelopes_.size();
}

void Inbox::clear() {
  const std::lock_guard lock(mutex_);
  envelopes_.clear();
}

bool Inbox::holds(const std::string& sender, const wire::PeerMessage& message) const {
  return std::any_of(envelopes_.begin(), envelopes_.end(), [&](const wire::PeerEnvelope& e) {
    return e.sender == sender && e.message == message;
  });
}

PeerLinkOptions options_of(const std::string& name) {
  PeerLinkOptions options;
  options.cluster = "test";
  options.name = name;
  options.listen_publish = "tcp://127.0.0.1:*";
  options.listen_sync = "tcp://127.0.0.1:*";
  return options;
}

PeerLinkOptions encrypted_options_of(const std::string& name) {
  PeerLinkOptions options = options_of(name);
  const CurveKeys keys = make_curve_keys();
  options.secret_key = keys.secret_key;
  options.public_key = keys.public_key;
  return options;
}

TestNode::TestNode(PeerLinkOptions options) : options_(with_log(std::move(options))) {
  auto opened = open_peer_link(
      options_, [this](wire::PeerEnvelope envelope) { take(std::move(envelope)); }, clock_);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    std::abort();
  }
  link_ = std::move(*opened);
  greeter_ = link_.get();
}

TestNode::~TestNode() = default;

PeerLinkOptions TestNode::with_log(PeerLinkOptions options) {
  options.log = [this](const std::string& line) {
    const std::lock_guard lock(mutex_);
    logged_ += line + "\n";
  };
  return options;
}

void TestNode::take(wire::PeerEnvelope envelope) {
  if (const auto* asked = std::get_if<wire::Hello>(&envelope.message)) {
    PeerLink* const link = greeter_;
    if (link) link->answer(envelope.sender, wire::Welcome{asked->report, asked->sent_ms});
  }
  inbox_.put(std::move(envelope));
}

PeerAddress TestNode::address() const {
  return {options_.name, link_->publish_endpoint(), link_->sync_endpoint(), options_.public_key};
}

PeerLinkOptions TestNode::options() const {
  PeerLinkOptions options = options_;
  options.listen_publish = link_->publish_endpoint();
  options.listen_sync = link_->sync_endpoint();
  return options;
}

bool TestNode::has_logged(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return logged_.find(part) != std::string::npos;
}

void connect(std::vector<TestNode*> nodes) {
  for (TestNode* node : nodes) {
    std::vector<PeerAddress> peers;
    for (TestNode* other : nodes) {
      if (other != node) peers.push_back(other->address());
    }
    node->link().set_peers(std::move(peers));
  }
}

bool hears(TestNode& to, TestNode& from) {
  const wire::PeerMessage message = heartbeat(next_number());
  return eventually([&] {
    from.link().publish(message);
    return to.inbox().has(from.name(), message);
  });
}

bool is_answered(TestNode& from, TestNode& to) {
  const wire::PeerMessage message = hello(next_number());
  const auto& asked = std::get<wire::Hello>(message);
  const wire::PeerMessage answer = wire::Welcome{asked.report, asked.sent_ms};
  return eventually([&] {
    from.link().ask(to.name(), message);
    return from.inbox().has(to.name(), answer);
  });
}

bool linked(TestNode& from, TestNode& to) { return hears(to, from) && is_answered(from, to); }

}  // namespace anabranch::transport::testing
