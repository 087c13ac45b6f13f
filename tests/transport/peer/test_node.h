#pragma once

#include "base/clock.h"
#include "transport/peer/peer_link.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace anabranch::transport::testing {

/// Messages that carry a number, to be told apart by.
wire::PeerMessage heartbeat(std::uint64_t number);
wire::PeerMessage hello(std::uint64_t number);
wire::PeerMessage pull(std::uint64_t number);
wire::PeerMessage piece(std::uint64_t number);
/// Messages with so many bytes of values.
wire::PeerMessage writes_of(std::size_t bytes);
wire::PeerMessage piece_of(std::size_t bytes);

/// Tries `done` again and again, with a short rest between, until it is true. False after a
/// deadline that only a broken program misses.
bool eventually(const std::function<bool()>& done);

/// What a node was told, by whom. Safe from any thread.
class Inbox {
 public:
  void put(wire::PeerEnvelope envelope);
  /// True when `sender` has sent this very message.
  bool has(const std::string& sender, const wire::PeerMessage& message) const;
  /// Waits for that.
  bool gets(const std::string& sender, const wire::PeerMessage& message) const;
  std::size_t size() const;
  void clear();

 private:
  bool holds(const std::string& sender, const wire::PeerMessage& message) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  std::vector<wire::PeerEnvelope> envelopes_;
};

/// Options of a node of the cluster "test" on free ports of the loopback, without peers.
PeerLinkOptions options_of(const std::string& name);
PeerLinkOptions encrypted_options_of(const std::string& name);

/// A link with an inbox, which greets back every hello at once, as nodes do.
class TestNode {
 public:
  explicit TestNode(PeerLinkOptions options);
  ~TestNode();

  PeerLink& link() { return *link_; }
  Inbox& inbox() { return inbox_; }
  const std::string& name() const { return options_.name; }
  /// How the others reach it.
  PeerAddress address() const;
  /// Its options with the ports that it got: for a node that starts again in its place.
  PeerLinkOptions options() const;
  /// The lines it had for the operator.
  bool has_logged(const std::string& part) const;

 private:
  PeerLinkOptions with_log(PeerLinkOptions options);
  void take(wire::PeerEnvelope envelope);

  SystemClock clock_;
  mutable std::mutex mutex_;
  std::string logged_;  // guarded by mutex_
  Inbox inbox_;
  const PeerLinkOptions options_;
  std::atomic<PeerLink*> greeter_{nullptr};
  std::unique_ptr<PeerLink> link_;
};

/// Makes them peers of each other.
void connect(std::vector<TestNode*> nodes);

/// True when, sooner or later, publications and questions of `from` reach `to`, and answers to the
/// questions come back.
bool linked(TestNode& from, TestNode& to);
/// True when a fresh publication of `from` reaches `to`, sooner or later.
bool hears(TestNode& to, TestNode& from);
/// True when a fresh hello of `from` is answered by `to`, sooner or later.
bool is_answered(TestNode& from, TestNode& to);

}  // namespace anabranch::transport::testing
