#pragma once

#include "base/result.h"
#include "node/address.h"

#include <chrono>
#include <string>
#include <string_view>

namespace anabranch::node {

/// Where a node answers its operators, and what it wants to hear from them.
struct AdminTarget {
  HostPort place;
  std::string token;                          ///< empty: none
  std::chrono::milliseconds timeout{10'000};  ///< of each step: connect, send, the answer
};

struct AdminAnswer {
  unsigned status = 0;
  std::string body;
};

/// The largest answer that is taken: the largest state a user may have fits.
inline constexpr std::size_t max_admin_answer_bytes = std::size_t{2} << 30;

/// One HTTP request, waited for. `path` is percent-encoded, with its query. Errors are Errc::io:
/// there is no answer; any status is an answer.
Result<AdminAnswer> admin_request(const AdminTarget& target, std::string_view method,
                                  const std::string& path);

/// `text` as a part of a URL's query.
std::string percent_encode(std::string_view text);

}  // namespace anabranch::node
