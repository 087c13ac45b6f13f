#include "bench/limits/relay_group.h"

#include <array>

namespace anabranch::limits {

namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

/// What a start would need to have the state again: by user and path the value and its stamp.
void put(rocksdb::WriteBatch& batch, const Room& room, const Update& update, const Stamp& stamp) {
  const auto* number = reinterpret_cast<const char*>(&stamp.version);
  const std::array<rocksdb::Slice, 3> key{slice(room.user), {"", 1}, slice(update.path)};
  const std::array<rocksdb::Slice, 4> value{rocksdb::Slice(number, sizeof stamp.version),
                                            slice(stamp.timestamp), slice(update.tab),
                                            slice(update.value)};
  // Errors of a batch are of its size, which is bounded.
  batch
      .Put(rocksdb::SliceParts(key.data(), static_cast<int>(key.size())),
           rocksdb::SliceParts(value.data(), static_cast<int>(value.size())))
      .PermitUncheckedError();
}

}  // namespace

void Group::add(Room& room, std::uint64_t writer, const Update& update, const Stamp& stamp) {
  put(batch_, room, update, stamp);
  RoomShare& share = share_of(room);
  const Frames::Span sync = share.syncs.add_sync(update, stamp);
  const Frames::Span ack = update.id.empty() ? Frames::Span{} : share.acks.add_ack(update, stamp);
  share.entries.push_back({writer, sync, ack});
  if (!share.is_writer(writer)) share.writers.push_back(writer);
}

RoomShare& Group::share_of(Room& room) {
  if (room.gathering != nullptr) return *room.gathering;
  if (used_ == shares_.size()) shares_.emplace_back();
  RoomShare& share = shares_[used_++];
  share.room = &room;
  room.gathering = &share;
  return share;
}

void Group::clear() {
  for_each_share([](RoomShare& share) {
    share.syncs.clear();
    share.acks.clear();
    share.entries.clear();
    share.writers.clear();
  });
  used_ = 0;
  batch_.Clear();
}

void compose_for_writer(const RoomShare& share, std::uint64_t writer, Frames& frames) {
  frames.clear();
  for (const RoomShare::Entry& entry : share.entries) {
    if (entry.writer != writer) {
      frames.add(share.syncs.at(entry.sync));
    } else if (entry.ack.end != 0) {
      frames.add(share.acks.at(entry.ack));
    }
  }
  frames.end();
}

}  // namespace anabranch::limits
