#include "transport/client/upgrade.h"

#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <utility>

namespace anabranch::transport {
namespace {

constexpr std::string_view sync_path = "/v1/sync";
constexpr std::string_view json_protocol = "anabranch.v1.json";

std::string_view header(const HttpRequest& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

/// Programs other than browsers send no Origin, and one that lies needs no browser's help.
bool is_origin_allowed(const SessionOptions& options, const HttpRequest& request) {
  if (options.allowed_origins.empty() || request.count(http::field::origin) == 0) return true;
  return std::ranges::find(options.allowed_origins, header(request, http::field::origin)) !=
         options.allowed_origins.end();
}

bool offers_json(const HttpRequest& request) {
  const auto [first, last] = request.equal_range(http::field::sec_websocket_protocol);
  return std::any_of(first, last, [](const auto& field) {
    const http::token_list offers{field.value()};
    return std::any_of(offers.begin(), offers.end(), [](const auto& offer) {
      return std::string_view(offer.data(), offer.size()) == json_protocol;
    });
  });
}

/// Refuses, and has it noted.
class Refuser {
 public:
  explicit Refuser(SessionJournal& journal) : journal_(journal) {}

  tl::unexpected<HttpAnswer> operator()(UpgradeRefusal reason, unsigned status,
                                        std::string sentence) const {
    journal_.on_upgrade_refused(reason);
    return tl::unexpected(plain_answer(status, std::move(sentence)));
  }

 private:
  SessionJournal& journal_;
};

}  // namespace

bool is_sync_path(const ServerContext& context, std::string_view path) {
  return context.options.sessions != nullptr && path == sync_path;
}

tl::expected<UpgradeTerms, HttpAnswer> judge_upgrade(ServerContext& context, std::string_view path,
                                                     const HttpRequest& request) {
  const Refuser refuse(context.journal);
  if (!is_sync_path(context, path)) {
    return refuse(UpgradeRefusal::path, 404, "there is no WebSocket at this path");
  }
  const SessionOptions& options = *context.options.sessions;
  if (context.draining || context.stopping) {
    return refuse(UpgradeRefusal::draining, 503, "this node is draining: connect to another one");
  }
  if (!is_origin_allowed(options, request)) {
    return refuse(UpgradeRefusal::origin, 403, "this origin may not connect");
  }

  UpgradeTerms terms;
  if (offers_json(request)) terms.protocol = json_protocol;
  if (const auto token = bearer_token(header(request, http::field::authorization))) {
    Result<Identity> identity = context.authenticator->verify(*token);
    if (!identity) return refuse(UpgradeRefusal::token, 401, std::move(identity.error().message));
    terms.identity = std::move(*identity);
  }
  if (!context.websockets.enter(options.max_connections)) {
    return refuse(UpgradeRefusal::full, 503, "this node is full: connect to another one, or later");
  }
  return terms;
}

}  // namespace anabranch::transport
