#include "transport/peer/zap_authenticator.h"

#include <zmq.hpp>

#include <algorithm>
#include <utility>

namespace anabranch::transport {
namespace {

// The frames of a ZAP request with the CURVE mechanism.
enum QuestionFrame : std::size_t {
  version_frame,
  id_frame,
  domain_frame,
  address_frame,
  routing_id_frame,
  mechanism_frame,
  key_frame,
  frame_count,
};

}  // namespace

ZapAuthenticator::ZapAuthenticator(SocketFactory& sockets)
    : socket_(sockets.bind_authenticator()) {}

ZapAuthenticator::~ZapAuthenticator() = default;

bool ZapAuthenticator::allow(const std::vector<PeerAddress>& peers) {
  std::map<RawCurveKey, std::string> allowed;
  for (const PeerAddress& peer : peers) {
    for (const std::string& text : {peer.public_key, peer.next_public_key}) {
      if (const auto key = read_curve_key(text)) allowed.emplace(*key, peer.name);
    }
  }
  const bool only_grew =
      std::includes(allowed.begin(), allowed.end(), members_by_key_.begin(), members_by_key_.end());
  members_by_key_ = std::move(allowed);
  return !only_grew;
}

void ZapAuthenticator::answer_questions() {
  Frames question;
  while (receive(question)) {
    const std::string* const member = owner(question);
    const Frames answer = {"1.0",
                           question.size() > id_frame ? question[id_frame] : "",
                           member != nullptr ? "200" : "400",
                           member != nullptr ? "OK" : "this key is no member's",
                           member != nullptr ? *member : "",
                           ""};
    for (std::size_t i = 0; i < answer.size(); ++i) {
      send_now(*socket_, zmq::message_t(answer[i]), i + 1 < answer.size());
    }
  }
}

bool ZapAuthenticator::receive(Frames& question) {
  question.clear();
  zmq::message_t frame;
  do {
    if (!receive_now(*socket_, frame)) return false;
    question.push_back(frame.to_string());
  } while (frame.more());
  return true;
}

const std::string* ZapAuthenticator::owner(const Frames& question) const {
  if (question.size() != frame_count || question[version_frame] != "1.0") return nullptr;
  if (question[mechanism_frame] != "CURVE") return nullptr;
  RawCurveKey key{};
  if (question[key_frame].size() != key.size()) return nullptr;
  std::copy_n(question[key_frame].begin(), key.size(), key.begin());
  const auto found = members_by_key_.find(key);
  return found == members_by_key_.end() ? nullptr : &found->second;
}

}  // namespace anabranch::transport
