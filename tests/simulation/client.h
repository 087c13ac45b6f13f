#pragma once

#include "tests/simulation/node.h"
#include "tests/simulation/reference_state.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace anabranch::simulation {

/// A tab or device: makes writes, keeps them until they are acked, and connects now to this node,
/// now to that. What it does with what it hears is for the kinds of clients to say.
///
/// A connection keeps the order of what is sent; when it is lost, so is all that is under way.
class Client : public Session {
 public:
  Client(std::string tab, UserId user, Surroundings& world);

  const std::string& tab() const { return tab_; }
  const UserId& user() const { return user_; }
  Node* node() const { return node_; }

  void connect(Node& node);
  /// Connects and asks for the state, before anything that is sent later.
  void return_to(Node& node);
  void disconnect();
  /// Sends the writes that were refused for a while again.
  void retry();
  /// Asks for the whole state as JSON; the answer is only looked at.
  void probe();
  /// Makes a write and sends it if there is a connection.
  void write(std::vector<crdt::Change> changes, bool is_batch);
  virtual void request() = 0;

  std::size_t pending() const { return pending_.size(); }
  /// It has the state, as its node has told it.
  bool has_state() const { return node_ != nullptr && answered_; }

  /// Throws where it has not what its node's disk holds.
  virtual void check_against(const DiskImage& disk) const = 0;
  virtual std::string state() const = 0;

  void answer(const std::vector<wire::ClientEvent>& events) final;
  void tell(const std::vector<wire::ClientEvent>& events) final;
  void lost() final;
  void sent_away() final;

 protected:
  struct Pending {
    std::uint64_t id = 0;
    wire::WriteRequest request;
    bool under_way = false;
  };

  /// What a write says of its place; called once for each.
  virtual void stamp(wire::WriteRequest& request) = 0;
  virtual void on_disconnected() = 0;
  virtual void on_ack(const Pending& write, const wire::Ack& ack, const crdt::Stamp& stamp) = 0;
  virtual void on_record(const wire::SyncedRecord& record) = 0;
  virtual void on_delta(const wire::Delta& delta) = 0;
  /// After each event.
  virtual void on_told() {}

  void send(cluster::ClientRequest request);
  void note_version(std::uint64_t version) { version_ = std::max(version_, version); }
  std::string name() const { return "client " + tab_; }

  Surroundings& world_;
  std::uint64_t version_ = 0;  ///< the highest that it has received
  bool answered_ = false;      ///< this connection's request has been

 private:
  /// `latency_ms`: how long what it sends is under way.
  bool open_session(Node& node, std::int64_t latency_ms);
  void send(Pending& write);
  void hear(const wire::ClientEvent& event);
  void hear(const wire::Ack& ack);
  void hear(const wire::Full& full);
  void hear(const wire::ErrorEvent& error);
  void check_too_old(const Pending& write) const;
  std::deque<Pending>::iterator find(const wire::RequestId& id);

  std::string tab_;
  UserId user_;
  Node* node_ = nullptr;
  SessionId session_;
  std::int64_t latency_ms_ = 0;
  std::uint64_t last_id_ = 0;
  std::deque<Pending> pending_;
  std::deque<std::uint64_t> frames_;          ///< sent and not answered; a request is 0
  std::map<std::string, std::size_t> acked_;  ///< by id, in the history
};

/// The client that keeps stamps: resumes by cursor and seen dots, replays with the same stamps.
class FullClient final : public Client {
 public:
  using Client::Client;

  void request() override;
  /// Forgets where it was, as a client that loses its storage but not its state would.
  void forget_cursor();
  /// Forgets all but its writes that were not acked yet.
  void start_over();
  /// Its cursor covers writes of the origin beyond `seq`.
  bool is_evidence(ReplicaId origin, std::uint64_t seq) const {
    return cursor_ && cursor_->vector[origin] > seq;
  }
  void check_against(const DiskImage& disk) const override;
  std::string state() const override { return known_.materialise(); }

 private:
  void stamp(wire::WriteRequest& request) override;
  void on_disconnected() override {}
  void on_ack(const Pending& write, const wire::Ack& ack, const crdt::Stamp& stamp) override;
  void on_record(const wire::SyncedRecord& record) override;
  void on_delta(const wire::Delta& delta) override;
  void on_told() override;
  void see(const std::optional<Dot>& dot);

  ReferenceState known_;
  PathView shown_;  ///< what it would be without stamps since the last answer
  std::set<Dot> just_told_;
  std::optional<wire::Cursor> cursor_;
  crdt::VersionVector seen_;
  bool is_node_behind_ = false;  ///< as its last answer said
  std::int64_t last_timestamp_ms_ = 0;
};

/// The client that needs no stamps: starts from a complete delta and keeps what it is told by path.
class SimpleClient final : public Client {
 public:
  using Client::Client;

  void request() override;
  void check_against(const DiskImage& disk) const override;
  std::string state() const override { return shown_.state(); }

 private:
  void stamp(wire::WriteRequest&) override {}
  void on_disconnected() override { shown_ = {}; }
  void on_ack(const Pending& write, const wire::Ack& ack, const crdt::Stamp& stamp) override;
  void on_record(const wire::SyncedRecord& record) override;
  void on_delta(const wire::Delta& delta) override;

  PathView shown_;
};

}  // namespace anabranch::simulation
