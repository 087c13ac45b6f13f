#pragma once

#include "base/hash.h"
#include "crdt/record.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::crdt {

/// The hash of one live record: of user, path, stamp and content, not of its dot or its place in a
/// batch. Tombstones hash to 0, so that nodes which collect them at different times agree.
Uint128 digest_of(std::string_view user, const Path& path, const Record& record);

/// A digest of the whole state, one sum per bucket of users. A sum modulo 2^128 does not depend on
/// the order of the records, is kept up with each write, and, unlike XOR, sees duplicates.
class StateDigest {
 public:
  static constexpr std::size_t bucket_count = 256;

  static std::size_t bucket_of(std::string_view user);

  void add(std::size_t bucket, Uint128 hash) { sums_[bucket] += hash; }
  void subtract(std::size_t bucket, Uint128 hash) { sums_[bucket] -= hash; }
  void set(std::size_t bucket, Uint128 sum) { sums_[bucket] = sum; }
  Uint128 bucket(std::size_t index) const { return sums_[index]; }

  /// The buckets whose sums differ from `other`'s.
  std::vector<std::size_t> differing(const StateDigest& other) const;

  /// Those buckets, each with its sum here less the sum there, modulo 2^128.
  std::map<std::size_t, Uint128> differences_from(const StateDigest& other) const;

  /// 32 lower-case hex digits over all buckets; equal states give equal text.
  std::string to_string() const;
  bool operator==(const StateDigest&) const = default;

 private:
  // Not within the object: it would make 4 KiB of whatever may hold one, of each message and input.
  std::vector<Uint128> sums_ = std::vector<Uint128>(bucket_count);
};

}  // namespace anabranch::crdt
