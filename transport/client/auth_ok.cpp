#include "transport/client/auth_ok.h"

#include <algorithm>

namespace anabranch::transport {
namespace {

constexpr std::int64_t end_of_year_9999_ms = 253402300799999;

}  // namespace

wire::AuthOk make_auth_ok(const SessionOptions& options, const Identity& identity, const Now& now) {
  wire::AuthOk ok;
  ok.user = identity.user;
  ok.node = options.node;
  ok.region = options.region;
  ok.expires_at_ms = std::clamp<std::int64_t>(identity.expires_at_ms, 0, end_of_year_9999_ms);
  ok.time_ms = std::clamp<std::int64_t>(now.wall_ms, 0, end_of_year_9999_ms);
  ok.limits = options.limits;
  return ok;
}

}  // namespace anabranch::transport
