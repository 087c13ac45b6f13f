#pragma once

#include "base/ids.h"

#include <optional>

namespace anabranch::cluster {

/// Who is connected to this node. Events that nobody would hear are not made.
class Audience {
 public:
  virtual ~Audience() = default;

  /// True where the user has a session here besides `but`. Asked by the replica, on its thread; a
  /// session that opens later asks for the state, and finds in it what it was not told.
  virtual bool hears(const UserId& user, std::optional<SessionId> but) const = 0;
};

}  // namespace anabranch::cluster
