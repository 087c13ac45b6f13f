#pragma once

#include "base/result.h"
#include "wire/peer_messages.h"

#include <optional>
#include <string>
#include <string_view>

namespace anabranch::transport {

/// The three ways between two members.
enum class PeerChannel {
  publications,  ///< PUB → SUB
  asks,          ///< DEALER → ROUTER
  answers,       ///< ROUTER → DEALER
};

/// The only way by which a message of this kind travels.
PeerChannel channel_of(const wire::PeerMessage& message);

/// What must be true of a message before anybody looks into it.
struct InboundRules {
  PeerChannel channel;
  std::string_view cluster;
  /// Who alone can have sent it; nothing where only the message itself can tell.
  std::optional<std::string_view> sender;
};

/// Decodes a peer's message and holds it against the rules. Errc::malformed and Errc::unsupported
/// as wire::decode_peer_message, Errc::refused where a rule says no.
Result<wire::PeerEnvelope> read_inbound(std::string_view bytes, const InboundRules& rules);

}  // namespace anabranch::transport
