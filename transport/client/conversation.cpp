#include "transport/client/conversation.h"

#include "transport/client/auth_ok.h"

#include <limits>
#include <string>
#include <utility>
#include <variant>

namespace anabranch::transport {
namespace {

wire::ErrorEvent unauthenticated(std::string message) {
  wire::ErrorEvent error;
  error.code = wire::ErrorCode::unauthenticated;
  error.message = std::move(message);
  return error;
}

wire::ErrorEvent payload_too_large(std::size_t max_bytes) {
  wire::ErrorEvent error;
  error.code = wire::ErrorCode::payload_too_large;
  error.message = "a frame may hold at most " + std::to_string(max_bytes) + " bytes; split it";
  return error;
}

/// Whether a frame was so broken that it says nothing about who sent it.
bool is_about_the_frame(wire::ErrorCode code) {
  return code == wire::ErrorCode::invalid_json || code == wire::ErrorCode::payload_too_large;
}

std::optional<wire::RequestId> id_of(const wire::ClientMessage& message) {
  const auto* write = std::get_if<wire::WriteRequest>(&message);
  return write != nullptr ? write->id : std::nullopt;
}

}  // namespace

Conversation::Conversation(const ServerContext& context, std::shared_ptr<ConnectionMailbox> mailbox)
    : context_(context), mailbox_(std::move(mailbox)) {}

void Conversation::open(const Identity& identity) {
  user_ = identity.user;
  expires_at_ms_ = identity.expires_at_ms;
  is_open_ = true;
  context_.journal.on_authenticated(mailbox_->id(), user_);
  context_.sink->on_open(mailbox_, identity);
}

bool Conversation::on_frame(FrameKind kind, std::string_view frame, std::int64_t read_ns) {
  if (mailbox_->is_closing()) return false;
  Decoded decoded = decode(kind, frame);
  if (!is_open()) {
    on_first_frames(decoded);
    return false;
  }
  if (!decoded) {
    refuse_in_turn(std::move(decoded.error()));
  } else if (auto* write = std::get_if<wire::WriteRequest>(&*decoded)) {
    context_.sink->on_write(mailbox_->id(), std::move(*write), read_ns);
  } else if (auto* request = std::get_if<wire::StateRequest>(&*decoded)) {
    context_.sink->on_request(mailbox_->id(), std::move(*request));
  } else {
    renew(std::get<wire::Auth>(*decoded));
  }
  return true;
}

void Conversation::end() {
  if (!std::exchange(is_open_, false)) return;
  context_.sink->on_close(mailbox_->id());
}

std::optional<std::int64_t> Conversation::expires_at_ms() const {
  return is_open() ? std::optional(expires_at_ms_) : std::nullopt;
}

std::int64_t Conversation::milliseconds_to_expiry() const {
  const std::int64_t now = context_.clock.now().wall_ms;
  const std::int64_t end = expires_at_ms_;
  // The token's word is not to be trusted with arithmetic: the difference may overflow.
  std::int64_t left = 0;
  if (!__builtin_sub_overflow(end, now, &left)) return left;
  return end > now ? std::numeric_limits<std::int64_t>::max() : 0;
}

Conversation::Decoded Conversation::decode(FrameKind kind, std::string_view frame) const {
  if (frame.size() > context_.options.sessions->max_update_bytes) {
    return tl::unexpected(payload_too_large(context_.options.sessions->max_update_bytes));
  }
  return json_frame_codec().decode(kind, frame);
}

void Conversation::on_first_frames(const Decoded& decoded) {
  if (decoded) {
    if (const auto* auth = std::get_if<wire::Auth>(&*decoded)) return authenticate(*auth);
  } else if (is_about_the_frame(decoded.error().code)) {
    return refuse_here(decoded.error());
  }
  wire::ErrorEvent error = unauthenticated("authenticate first: send auth with a token");
  error.id = decoded ? id_of(*decoded) : decoded.error().id;
  refuse_here(error);
}

void Conversation::authenticate(const wire::Auth& auth) {
  Result<Identity> identity = context_.authenticator->verify(auth.token);
  if (identity) return open(*identity);
  context_.journal.on_authentication_failed(mailbox_->id(), {}, identity.error().message);
  refuse_here(unauthenticated(identity.error().message));
  mailbox_->close(CloseCode::unauthenticated, "the token was refused");
}

void Conversation::renew(const wire::Auth& auth) {
  Result<Identity> identity = context_.authenticator->verify(auth.token);
  if (!identity) return refuse_renewal(identity.error().message);
  if (identity->user != user_) return refuse_renewal("this connection belongs to another user");
  expires_at_ms_ = identity->expires_at_ms;
  context_.sink->on_answer(
      mailbox_->id(), make_auth_ok(*context_.options.sessions, *identity, context_.clock.now()));
}

void Conversation::refuse_renewal(const std::string& why) {
  context_.journal.on_authentication_failed(mailbox_->id(), user_, why);
  refuse_in_turn(unauthenticated(why));
}

/// Before the connection is open nothing else is being answered, so there is no order to keep.
void Conversation::refuse_here(const wire::ErrorEvent& error) {
  mailbox_->send(std::make_shared<const EncodedEvents>(json_frame_codec().encode(error)));
  mailbox_->refused(context_.clock.now().monotonic_ms);
}

void Conversation::refuse_in_turn(wire::ErrorEvent error) {
  context_.sink->on_answer(mailbox_->id(), std::move(error));
  mailbox_->refused(context_.clock.now().monotonic_ms);
}

}  // namespace anabranch::transport
