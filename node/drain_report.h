#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::node {

/// How far a drain has come, as `anabranch drain` reads and tells it.
struct DrainReport {
  struct Peer {
    std::string name;
    bool heard = false;
    std::optional<std::uint64_t> lacking_writes;
    bool has_everything = false;
    bool excepted = false;  ///< not to be waited for
  };

  bool draining = false;
  bool settled = false;
  bool safe = false;  ///< everyone who is waited for has all that the node has
  std::uint64_t connections = 0;
  std::vector<Peer> peers;

  /// Why it is safe.
  std::string reason() const;
  /// What it is not safe for: "c is not connected, d lacks 3 writes".
  std::string missing() const;
  /// The same, and the clients that are still there.
  std::string waiting_for() const;
};

/// Reads the answer of /v1/drain. Errc::malformed for anything else.
Result<DrainReport> read_drain_report(std::string_view json,
                                      const std::vector<std::string>& except);

}  // namespace anabranch::node
