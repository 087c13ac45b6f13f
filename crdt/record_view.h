#pragma once

#include "base/ids.h"
#include "crdt/path.h"
#include "crdt/record.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace anabranch::crdt {

/// A standing record where it lies, without a copy of it: good for one pass over many.
struct RecordView {
  std::string_view key;  ///< of its Path; as it is stored, see check_path_key
  RecordKind kind = RecordKind::value;
  std::uint64_t version = 0;
  std::int64_t timestamp_ms = 0;
  std::string_view tab;
  Dot dot;
  bool from_batch = false;
  std::string_view text;  ///< of its payload

  Record record() const;
};

RecordView view_of(const Path& path, const Record& record);

/// Is called with one record after the other; what it is given is gone when it returns. False where
/// it finds the record damaged: it is called no more.
using RecordVisitor = std::function<bool(const RecordView&)>;

}  // namespace anabranch::crdt
