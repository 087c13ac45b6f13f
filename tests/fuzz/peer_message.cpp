// What peers send, through the codec and a replica with two peers.
//
// The input is messages, each behind a head of three bytes: what else happens, and the message's
// length, high byte first.

#include "tests/fuzz/replica_world.h"
#include "tests/fuzz/require.h"
#include "wire/peer_codec.h"

#include <string>
#include <utility>
#include <variant>

namespace anabranch::fuzz {

namespace {

// What the first byte of a head asks for.
constexpr unsigned from_c = 1;          ///< the message comes from c, else from b
constexpr unsigned of_our_pull = 2;     ///< a piece belongs to the pull that was asked last
constexpr unsigned time_passes = 4;     ///< a second, before it
constexpr unsigned disk_works = 8;      ///< after it
constexpr unsigned disk_fails = 16;     ///< the next commit
constexpr unsigned found_later = 32;    ///< … and what it wrote is there after all
constexpr unsigned client_writes = 64;  ///< of this node, before it

cluster::ReplicaOptions two_peers() {
  cluster::ReplicaOptions options;
  options.others = {{"b", "west"}, {"c", "east"}};
  options.acks = 1;
  options.document_cache_bytes = 1000;
  options.stream_bytes = 4000;
  return options;
}

wire::PeerEnvelope envelope_of(wire::PeerMessage message) {
  return {"fuzz", "a", std::move(message)};
}

/// What this node says must be readable, and mean what was meant.
void check_sendable(const wire::PeerMessage& message) {
  const wire::PeerEnvelope envelope = envelope_of(message);
  const auto read = wire::decode_peer_message(wire::encode(envelope));
  FUZZ_REQUIRE(read && *read == envelope);
}

class Node {
 public:
  Node() : world_(two_peers(), [this](const auto& effect) { hear(effect); }) {}

  void take(unsigned head, std::string_view bytes) {
    if (head & time_passes) world_.pass(1000);
    if (head & disk_fails) {
      world_.fail_next_commit(head & found_later ? storage::FailedCommit::found_later
                                                 : storage::FailedCommit::lost);
    }
    if (head & client_writes) write();
    if (auto envelope = wire::decode_peer_message(bytes)) {
      const auto again = wire::decode_peer_message(wire::encode(*envelope));
      FUZZ_REQUIRE(again && *again == *envelope);
      if (head & of_our_pull) join_our_pull(envelope->message);
      world_.step(cluster::PeerReceived{head & from_c ? "c" : "b", std::move(envelope->message)});
    }
    if (head & disk_works) world_.settle();
  }

  void finish() { world_.check(); }

 private:
  void write() {
    wire::WriteRequest request;
    const auto path = crdt::Path::parse("own." + std::to_string(++written_));
    request.changes.push_back({*path, {crdt::RecordKind::value, crdt::Value("1")}});
    request.tab = "tab";
    request.id = wire::RequestId{std::to_string(written_)};
    world_.step(cluster::ClientWrite{{1}, "alice", std::move(request)});
  }

  /// The ids of pulls are random: no input could name the one that a piece must carry.
  void join_our_pull(wire::PeerMessage& message) const {
    if (auto* piece = std::get_if<wire::PullPiece>(&message)) piece->id = pull_id_;
  }

  void hear(const cluster::Effect& effect) {
    if (const auto* publish = std::get_if<cluster::Publish>(&effect)) {
      check_sendable(publish->message);
    } else if (const auto* answer = std::get_if<cluster::AnswerPeer>(&effect)) {
      check_sendable(answer->message);
    } else if (const auto* ask = std::get_if<cluster::AskPeer>(&effect)) {
      check_sendable(ask->message);
      if (const auto* pull = std::get_if<wire::Pull>(&ask->message)) pull_id_ = pull->id;
    } else if (const auto* serve = std::get_if<cluster::ServePull>(&effect)) {
      check_sendable(wire::PullPiece{serve->pull.id, 0, world_.all_writes(serve->pull.vector), {}});
    }
  }

  std::size_t written_ = 0;
  std::uint64_t pull_id_ = 0;
  ReplicaWorld world_;
};

}  // namespace

}  // namespace anabranch::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anabranch;
  fuzz::Node node;
  for (std::string_view rest = fuzz::text_of(data, size); rest.size() >= 3;) {
    const std::string_view head = fuzz::take_bytes(rest, 3);
    const auto at = [&](std::size_t i) { return unsigned{static_cast<unsigned char>(head[i])}; };
    node.take(at(0), fuzz::take_bytes(rest, at(1) << 8 | at(2)));
  }
  node.finish();
  return 0;
}
