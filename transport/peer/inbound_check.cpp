#include "transport/peer/inbound_check.h"

#include "wire/peer_codec.h"

namespace anabranch::transport {
namespace {

struct ChannelOf {
  PeerChannel operator()(const wire::PublishedWrites&) const { return PeerChannel::publications; }
  PeerChannel operator()(const wire::Heartbeat&) const { return PeerChannel::publications; }
  PeerChannel operator()(const wire::Hello&) const { return PeerChannel::asks; }
  PeerChannel operator()(const wire::Welcome&) const { return PeerChannel::answers; }
  PeerChannel operator()(const wire::Progress&) const { return PeerChannel::asks; }
  PeerChannel operator()(const wire::Pull&) const { return PeerChannel::asks; }
  PeerChannel operator()(const wire::PullCredit&) const { return PeerChannel::asks; }
  PeerChannel operator()(const wire::RepairPull&) const { return PeerChannel::asks; }
  PeerChannel operator()(const wire::PullPiece&) const { return PeerChannel::answers; }
};

}  // namespace

PeerChannel channel_of(const wire::PeerMessage& message) {
  return std::visit(ChannelOf{}, message);
}

Result<wire::PeerEnvelope> read_inbound(std::string_view bytes, const InboundRules& rules) {
  Result<wire::PeerEnvelope> read = wire::decode_peer_message(bytes);
  if (!read) return read;
  if (read->cluster != rules.cluster) {
    return fail(Errc::refused, "it is of another cluster, \"" + read->cluster + "\"");
  }
  if (rules.sender && read->sender != *rules.sender) {
    return fail(Errc::refused, "it claims to come from member \"" + read->sender + "\"");
  }
  if (channel_of(read->message) != rules.channel) {
    return fail(Errc::refused, "a message of its kind does not come this way");
  }
  return read;
}

}  // namespace anabranch::transport
