#pragma once

#include "transport/client/http_request.h"
#include "transport/client/server_context.h"

#include <tl/expected.hpp>

#include <optional>
#include <string>

namespace anabranch::transport {

/// What an upgrade to WebSocket was granted with.
struct UpgradeTerms {
  std::string protocol;              ///< the subprotocol to select; empty: none
  std::optional<Identity> identity;  ///< of a token in the header; without it, auth comes first
};

/// Judges a WebSocket upgrade of `path`. When granted, a place among the context's websockets has
/// been taken, which the session gives back; otherwise the answer says why not.
tl::expected<UpgradeTerms, HttpAnswer> judge_upgrade(ServerContext& context, std::string_view path,
                                                     const HttpRequest& request);

/// True where `path` is the one that upgrades.
bool is_sync_path(const ServerContext& context, std::string_view path);

}  // namespace anabranch::transport
