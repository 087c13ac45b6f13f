#pragma once

#include "base/result.h"
#include "wire/peer_messages.h"

#include <string>
#include <string_view>

namespace anabranch::wire {

/// MessagePack of one message.
std::string encode(const PeerEnvelope& envelope);

/// Reads one message. Everything is checked (sizes, depths, ranges, types, paths, that values are
/// canonical JSON, that seqs are consecutive where they must be), for a peer's bytes are as
/// untrusted as a client's: Errc::malformed says what is wrong, Errc::unsupported names a protocol
/// version that this program does not speak.
Result<PeerEnvelope> decode_peer_message(std::string_view bytes);

}  // namespace anabranch::wire
