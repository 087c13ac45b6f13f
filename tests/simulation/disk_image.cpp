#include "tests/simulation/disk_image.h"

#include "crdt/digest.h"
#include "crdt/document.h"
#include "tests/simulation/violation.h"

#include <algorithm>

namespace anabranch::simulation {

namespace {

void add(DiskImage& image, crdt::StateDigest& digest, const UserId& user, const crdt::Path& path,
         const crdt::Record& record, const std::string& node) {
  image.holds_beyond = image.holds_beyond || !image.vector.covers(record.dot);
  const auto outcome = image.users[user].merge(path, {record.stamp, record.payload, record.dot});
  require(outcome == ReferenceState::Outcome::won,
          [&] { return node + "'s disk holds a record that does not stand: " + path.text(); });
  digest.add(crdt::StateDigest::bucket_of(user), crdt::digest_of(user, path, record));
  const bool is_value = record.payload.kind == crdt::RecordKind::value;
  ++(is_value ? image.totals.values : image.totals.tombstones);
  image.totals.bytes += crdt::Document::cost_of(path, record.payload);
}

}  // namespace

DiskImage read_disk(const storage::MemoryStore::Disk& disk, const std::string& node) {
  DiskImage image;
  image.vector = disk.state.vector;
  crdt::StateDigest digest;
  std::size_t logged = 0;
  for (const auto& [dot, user, path] : disk.log) {
    const auto records = disk.users.find(user);
    const bool has_user = records != disk.users.end();
    const auto record = has_user ? records->second.find(path) : decltype(records->second.end())();
    require(has_user && record != records->second.end() && record->second.dot == dot, [&] {
      return node + "'s log names " + dot.to_string() + " at " + path.text() +
             ", which its records do not have";
    });
    add(image, digest, user, path, record->second, node);
    ++logged;
  }
  std::size_t held = 0;
  for (const auto& [user, records] : disk.users) held += records.size();
  require(held == logged,
          [&] { return node + "'s disk holds records that its log does not name"; });
  image.totals.users = image.users.size();
  image.digest = digest.to_string();
  return image;
}

bool DiskImage::knows(Dot dot) const {
  const auto holds = [dot](const auto& user) {
    const auto& entries = user.second.entries();
    return std::any_of(entries.begin(), entries.end(),
                       [dot](const auto& entry) { return entry.second.dot == dot; });
  };
  return vector.covers(dot) || std::any_of(users.begin(), users.end(), holds);
}

const ReferenceState& DiskImage::of(const UserId& user) const {
  static const ReferenceState nothing;
  const auto found = users.find(user);
  return found == users.end() ? nothing : found->second;
}

}  // namespace anabranch::simulation
