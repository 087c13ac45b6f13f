#include "cluster/records_by_path.h"

namespace anabranch::cluster {

RecordsByPath::RecordsByPath(const std::vector<crdt::Write>& writes) {
  for (const crdt::Write& one : writes) writes_.emplace(one.changes.front().path, &one);
}

const crdt::Write* RecordsByPath::at(const crdt::Path& path) const {
  const auto found = writes_.find(path);
  return found == writes_.end() ? nullptr : found->second;
}

bool is_same(const crdt::Record& record, const crdt::Write* theirs) {
  return theirs && theirs->stamp == record.stamp &&
         theirs->changes.front().payload == record.payload;
}

}  // namespace anabranch::cluster
