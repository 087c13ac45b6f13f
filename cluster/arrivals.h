#pragma once

#include "base/ids.h"
#include "wire/peer_messages.h"
#include "wire/traceparent.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace anabranch::cluster {

/// What publications have told of their writes beside the writes themselves, kept until these are
/// applied: when they were durable at their origin, and the traces that they belong to. For
/// measuring and for the log alone; nothing is decided by it. Bounded: what comes while too much
/// waits is not kept, and those writes are neither measured nor traced.
class Arrivals {
 public:
  static constexpr std::size_t max_publications = 10'000;

  struct Publication {
    std::string peer;               ///< who sent it
    std::int64_t committed_ms = 0;  ///< by that peer's wall clock
    std::uint64_t last_seq = 0;
    std::map<std::uint64_t, wire::Traceparent> traces;  ///< by seq
  };

  void note(const std::string& peer, const wire::PublishedWrites& published);

  /// The publication that brought this write, null where it is not known. Forgets those of the
  /// origin that ended before it. Lives until the next call.
  const Publication* find(Dot dot);

  void clear();

 private:
  std::map<ReplicaId, std::map<std::uint64_t, Publication>> by_origin_;  ///< by the first seq
  std::size_t count_ = 0;
};

}  // namespace anabranch::cluster
