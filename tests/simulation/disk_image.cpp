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
  crdt::add_to_horizon(image.horizons[user], path, record);
  if (crdt::is_of_horizon(record.payload.kind)) return;
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
  image.totals.users = static_cast<std::uint64_t>(
      std::count_if(image.users.begin(), image.users.end(), [](const auto& user) {
        const auto& entries = user.second.entries();
        return std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
          return !crdt::is_of_horizon(entry.second.payload.kind);
        });
      }));
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

const crdt::Horizon& DiskImage::horizon_of(const UserId& user) const {
  static const crdt::Horizon none;
  const auto found = horizons.find(user);
  return found == horizons.end() ? none : found->second;
}

bool DiskImage::may_have_collected(const UserId& user, const ReferenceState::Entry& entry) const {
  const crdt::Horizon& horizon = horizon_of(user);
  return entry.payload.kind == crdt::RecordKind::tombstone &&
         entry.stamp.version <= horizon.floor && entry.dot && horizon.collected.covers(*entry.dot);
}

bool DiskImage::agrees(const UserId& user, const ReferenceState& expected, bool dots) const {
  const ReferenceState& here = of(user);
  bool is_exact = true;
  const auto has_all = [&](const ReferenceState& one, const ReferenceState& other) {
    return std::all_of(one.entries().begin(), one.entries().end(), [&](const auto& entry) {
      const auto found = other.entries().find(entry.first);
      const bool same = found != other.entries().end() &&
                        found->second.stamp == entry.second.stamp &&
                        found->second.payload == entry.second.payload &&
                        (!dots || found->second.dot == entry.second.dot);
      is_exact = is_exact && same;
      return same || may_have_collected(user, entry.second);
    });
  };
  return has_all(expected, here) && has_all(here, expected) &&
         (is_exact || here.materialise() == expected.materialise());
}

const ReferenceState& DiskImage::of(const UserId& user) const {
  static const ReferenceState nothing;
  const auto found = users.find(user);
  return found == users.end() ? nothing : found->second;
}

}  // namespace anabranch::simulation
