#pragma once

#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

// What tells a backup of ours from anything else, and one node's from another's. Lines of text, so
// that whoever looks into a directory of backups sees what it is:
//
//     anabranch-backup 1                      the format of these lines
//     cluster demo
//     node eu
//     replica 0123456789abcdef                the id that the directory had
//     database 2                              the format of the database
//     taken 2026-01-01T12:00:00.000Z
//     program 0.1.0
//
// Lines that a reader does not know are left alone.

namespace anabranch::storage {

inline constexpr std::uint32_t backup_format = 1;

struct BackupNotes {
  std::string cluster;
  std::string node;
  ReplicaId replica;
  std::uint32_t database = 0;
  std::int64_t taken_ms = 0;  ///< Unix time
  std::string program;        ///< the version that took it
};

std::string encode_backup_notes(const BackupNotes& notes);

/// Errc::unsupported for a newer format, Errc::corrupt for anything else that is not ours. Messages
/// speak of "it".
Result<BackupNotes> decode_backup_notes(std::string_view text);

}  // namespace anabranch::storage
