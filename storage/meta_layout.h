#pragma once

#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"
#include "crdt/digest.h"
#include "crdt/version_vector.h"
#include "storage/data_directory.h"
#include "wire/store_batch.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a data directory says of itself: the default column family, byte by byte. Numbers are
// big-endian.
//
//     key                        value
//     "format"                   4: version of all layouts in the database, 3
//     "replica"                  8: the replica id
//     "node"                     the name of the node that last opened the directory
//     "markers"                  36 each, 1 or 2: the marker files that may stand in the directory
//                                (8 nonce, 8 device, 8 inode, 8 birth time in s, 4 and its ns)
//     "totals"                   8 users, 8 values, 8 tombstones, 8 bytes
//     "damaged"                  1: whether records wait for a repair; without it none do
//     "standing"                 1: whether the replica is admitted; then the dots that it has
//                                collected, 16 each: 8 origin, 8 seq
//     "ages"                     marks of what was here when, oldest first: 8 time in ms, 4 number
//     of
//                                entries, 16 each: 8 origin, 8 seq
//     "proof"                    8: a number that `recover` writes to see that the disk takes it
//     "vector/", 8: origin       8: seq; one entry for each origin
//     "digest/", 2: bucket       16: the bucket's sum; a bucket without an entry is 0
//
// Keys that are not listed are left alone.

namespace anabranch::storage {

/// Format 1 knew neither repairs nor admission; format 2 had a column family `horizons`.
inline constexpr std::uint32_t format_version = 3;

namespace meta_key {
inline constexpr std::string_view format = "format";
inline constexpr std::string_view replica = "replica";
inline constexpr std::string_view node = "node";
inline constexpr std::string_view markers = "markers";
inline constexpr std::string_view totals = "totals";
inline constexpr std::string_view damaged = "damaged";
inline constexpr std::string_view standing = "standing";
inline constexpr std::string_view ages = "ages";
inline constexpr std::string_view proof = "proof";
inline constexpr std::string_view vector_prefix = "vector/";
inline constexpr std::string_view digest_prefix = "digest/";

std::string vector(ReplicaId origin);
std::string digest(std::size_t bucket);
}  // namespace meta_key

/// All of meta, read.
struct Meta {
  std::optional<std::uint32_t> format;
  DirectoryNotes notes;
  crdt::VersionVector vector;
  crdt::StateDigest digest;
  wire::StateTotals totals;
  bool damaged = false;
  wire::Standing standing;
  std::vector<wire::AgeMark> ages;
};

/// Takes one entry in. Errc::corrupt for a damaged one.
Result<void> take_meta_entry(Meta& meta, std::string_view key, std::string_view value);

std::string encode_number(std::uint64_t number);
std::string encode_format(std::uint32_t version);
std::string encode_digest(Uint128 sum);
std::string encode_totals(const wire::StateTotals& totals);
std::string encode_standing(const wire::Standing& standing);
std::string encode_ages(const std::vector<wire::AgeMark>& ages);
std::string encode_markers(const std::vector<Marker>& markers);

}  // namespace anabranch::storage
