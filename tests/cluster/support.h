#pragma once

#include "base/random.h"
#include "cluster/replica_io.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the tests of this folder share: short ways to make values, and to read effects.

namespace anabranch::cluster {

inline constexpr ReplicaId origin_a{0xA};
inline constexpr ReplicaId origin_b{0xB};
inline constexpr ReplicaId origin_c{0xC};

/// Counts up, so that each id is a new one.
class CountingRandom final : public Random {
 public:
  explicit CountingRandom(std::uint64_t first = 0x100) : next_(first) {}
  std::uint64_t next() override { return next_++; }

 private:
  std::uint64_t next_;
};

crdt::Path path(std::string_view text);
crdt::Change set(std::string_view at, std::string_view json);
crdt::Change unset(std::string_view at);
crdt::VersionVector vector_of(const std::vector<Dot>& dots);

/// A write of alice's, as a peer would send it; a batch where it has several changes.
crdt::Write write_of(Dot dot, std::vector<crdt::Change> changes, std::uint64_t version = 1,
                     std::int64_t timestamp_ms = 1000, std::string tab = "peer");
/// The same as a stored record at one path.
crdt::Record record_of(Dot dot, const crdt::Change& change, std::uint64_t version = 1,
                       std::int64_t timestamp_ms = 1000, std::string tab = "peer");

/// A floor of alice's that was raised so far.
crdt::Write floor_write(Dot dot, std::uint64_t floor);
crdt::Record floor_record(Dot dot, std::uint64_t floor);

/// A client's write; a batch where it has several changes.
wire::WriteRequest request_of(std::vector<crdt::Change> changes,
                              std::optional<std::uint64_t> version = {},
                              std::optional<std::int64_t> timestamp_ms = {},
                              std::string tab = "tab");

/// Effects and events as short lines that a test can compare: `answer 1: ack "w" applied v1 A:1`.
std::string describe(const Effect& effect);
std::string describe(const wire::ClientEvent& event);
std::string describe(const Note& note);
std::string describe(const wire::PeerMessage& message);
std::string describe(const crdt::VersionVector& vector);
std::string describe(Dot dot);
std::vector<std::string> describe(const std::vector<wire::ClientEvent>& events);

}  // namespace anabranch::cluster
