#pragma once

#include "crdt/document.h"
#include "crdt/record.h"
#include "wire/store_batch.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

// What the benchmarks work on: updates as dashboards write them, values of about 200 bytes.

namespace anabranch::bench {

inline constexpr ReplicaId own_origin{1};

/// The widget's path number `number`: "widgets.w7.data".
crdt::Path widget_path(std::size_t number);

/// Canonical JSON that differs with `number`.
std::string widget_value(std::size_t number);

crdt::Record widget_record(std::size_t number, std::uint64_t seq);

/// The frame that writes it, with an id.
std::string update_frame(std::size_t number);

/// A user's state of so many paths.
crdt::Document document_of(std::size_t paths);

/// `count` records put down, over former ones where `replaces`, as the replica would commit them.
wire::StoreBatch store_batch(std::size_t count, std::uint64_t first_seq, bool replaces);

/// An empty directory on the disk (not in memory), which goes with the object.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace anabranch::bench
