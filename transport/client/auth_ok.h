#pragma once

#include "base/time.h"
#include "transport/client/server.h"
#include "wire/client_messages.h"

namespace anabranch::transport {

/// The auth.ok that `identity` gets from the node described by `options`: for the sink in on_open,
/// and for sessions when a token is renewed. Times beyond what RFC 3339 can write are clamped.
wire::AuthOk make_auth_ok(const SessionOptions& options, const Identity& identity, const Now& now);

}  // namespace anabranch::transport
