#pragma once

#include <cstddef>
#include <cstdint>

namespace anabranch::wire {

/// Bounds of the formats themselves; what an operator may set lives in the node's configuration.
inline constexpr std::size_t max_tab_bytes = 128;
inline constexpr std::size_t max_id_bytes = 128;
inline constexpr std::size_t max_value_depth = 64;
/// Seen dots that one request may carry: one for each origin a client has met.
inline constexpr std::size_t max_seen_dots = 4096;

/// Several events in one frame for a client; a single one may be larger.
inline constexpr std::size_t max_array_bytes = 64 << 10;

/// The largest message that a node takes from a peer.
inline constexpr std::size_t max_peer_message_bytes = 16 << 20;
/// MessagePack elements in one, and their nesting; an element takes up to 24 bytes once read.
inline constexpr std::size_t max_peer_message_elements = 2 << 20;
inline constexpr std::size_t max_peer_message_depth = 16;
/// The content of a record of a kind that this program does not know.
inline constexpr std::size_t max_opaque_bytes = 1 << 20;
/// The names of clusters, members and users, and a digest of the state.
inline constexpr std::size_t max_name_bytes = 256;
inline constexpr std::size_t max_digest_bytes = 64;
/// What a timestamp may be, in milliseconds around 1970: ECMAScript's range, 100 million days.
inline constexpr std::int64_t max_time_ms = 8'640'000'000'000'000;
/// About how many bytes of writes one piece of a pull's answer carries.
inline constexpr std::size_t pull_piece_bytes = 256 << 10;
/// Origins in a version vector: every data directory the cluster ever had.
inline constexpr std::size_t max_origins = 4096;

}  // namespace anabranch::wire
