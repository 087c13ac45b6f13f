#pragma once

#include "tests/storage/support.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

// What the tests of backups share.

namespace anabranch::storage {

inline constexpr ReplicaId origin{5};

/// A write of alice's, at a path of its own.
inline wire::StoreBatch write(std::uint64_t seq, std::string_view json = "1") {
  return batch_of({put("alice", std::to_string(seq), value_record({origin, seq}, json))});
}

inline BackupPlan plan_to(const std::filesystem::path& directory) {
  BackupPlan plan;
  plan.directory = directory;
  plan.node = "eu";
  plan.cluster = "demo";
  plan.program = "1.2.3";
  plan.taken_ms = 1'700'000'000'000;
  return plan;
}

inline Result<BackupSummary> back_up(Store& store, const BackupPlan& plan) {
  auto backup = store.open_backup(plan);
  if (!backup) return tl::unexpected(backup.error());
  return (*backup)->run();
}

}  // namespace anabranch::storage
