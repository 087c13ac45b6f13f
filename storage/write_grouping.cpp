#include "storage/write_grouping.h"

#include <numeric>

namespace anabranch::storage {

Result<void> add_to_writes(std::vector<crdt::Write>& writes, const UserId& user,
                           const crdt::Path& path, const crdt::Record& record) {
  if (writes.empty() || writes.back().dot != record.dot) {
    writes.push_back(write_of(user, path, record));
    return {};
  }
  crdt::Write& write = writes.back();
  if (write.user != user || write.stamp != record.stamp) {
    return fail(Errc::corrupt, "the stored write " + record.dot.to_string() +
                                   " has records of several users or stamps");
  }
  write.changes.push_back({path, record.payload});
  return {};
}

crdt::Write write_of(const UserId& user, const crdt::Path& path, const crdt::Record& record) {
  return {user, record.stamp, record.dot, record.from_batch, {{path, record.payload}}};
}

std::size_t wire_cost(const crdt::Write& write) {
  constexpr std::size_t numbers = 40;
  constexpr std::size_t framing_of_change = 12;
  return std::accumulate(write.changes.begin(), write.changes.end(),
                         numbers + write.user.size() + write.stamp.tab.size(),
                         [](std::size_t sum, const crdt::Change& change) {
                           return sum + framing_of_change + change.path.key().size() +
                                  change.payload.value.text().size();
                         });
}

}  // namespace anabranch::storage
