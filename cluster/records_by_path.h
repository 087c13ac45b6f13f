#pragma once

#include "crdt/record.h"

#include <map>
#include <vector>

namespace anabranch::cluster {

/// A user's records as a peer sent them, one write for each, found by their paths. It points to
/// `writes`, which must outlive it and stay where they are.
class RecordsByPath {
 public:
  explicit RecordsByPath(const std::vector<crdt::Write>& writes);

  /// Null where the peer has none.
  const crdt::Write* at(const crdt::Path& path) const;

 private:
  std::map<crdt::Path, const crdt::Write*> writes_;
};

/// True when the peer's record, if there is one, says what this one says. The dots may differ.
bool is_same(const crdt::Record& record, const crdt::Write* theirs);

}  // namespace anabranch::cluster
