#pragma once

#include "crdt/version_vector.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::wire {

/// What a cursor says: the writes that its client knows, and the repair generation of its user's
/// state (crdt/horizon.h) when it was told.
struct Cursor {
  crdt::VersionVector vector;
  std::uint64_t generation = 0;
  bool operator==(const Cursor&) const = default;
};

/// Turns that into the opaque cursor that clients keep, and back. A cursor is sealed
/// (HMAC-SHA256, cut to 128 bits) so that no client can claim knowledge of writes that a node
/// never gave it; every node of a cluster shares the key material, so any of them opens it.
/// Immutable; safe to share between threads.
class CursorCodec {
 public:
  /// `secrets`: the cluster's shared secrets (the JWT keys); the first seals, any of them opens.
  /// Without one, cursors are only checked for form. `cluster` is bound into the seal.
  CursorCodec(std::vector<std::string> secrets, std::string cluster);

  std::string seal(const crdt::VersionVector& vector, std::uint64_t generation = 0) const;

  /// Nothing for a cursor that is damaged, foreign or of an unknown version.
  std::optional<Cursor> open(std::string_view cursor) const;

  /// True when an opened cursor proves where it came from: there is a secret.
  bool is_authentic() const { return !keys_.empty(); }

 private:
  std::string mac(const std::string& key, std::string_view body) const;

  std::vector<std::string> keys_;  ///< derived from the secrets
  std::string cluster_;
};

}  // namespace anabranch::wire
