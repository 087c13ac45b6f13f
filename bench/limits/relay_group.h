#pragma once

#include "bench/limits/relay_text.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace anabranch::limits {

struct Session;
struct RoomShare;

/// A user's sessions. Rooms stay, for a benchmark's users are few.
struct Room {
  std::string user;
  std::vector<Session*> sessions;
  std::uint64_t version = 0;
  RoomShare* gathering = nullptr;  ///< in the group that gathers now; null: none yet
};

/// What one commit brings one room, encoded when it came.
struct RoomShare {
  struct Entry {
    std::uint64_t writer = 0;  ///< its session's number
    Frames::Span sync;
    Frames::Span ack;  ///< empty: none was asked for
  };
  bool is_writer(std::uint64_t session) const {
    return std::find(writers.begin(), writers.end(), session) != writers.end();
  }

  Room* room = nullptr;
  Frames syncs;  ///< what all get that wrote nothing of it
  Frames acks;
  std::vector<Entry> entries;
  std::vector<std::uint64_t> writers;  ///< of the entries, each once
};

/// The updates of one commit.
class Group {
 public:
  void add(Room& room, std::uint64_t writer, const Update& update, const Stamp& stamp);
  void clear();

  bool is_empty() const { return used_ == 0; }
  /// About what its texts take.
  std::size_t bytes() const { return batch_.GetDataSize() * 2; }
  rocksdb::WriteBatch& batch() { return batch_; }

  /// Calls `each(share)` for each room that has something in it.
  template <class Each>
  void for_each_share(const Each& each) {
    for (std::size_t i = 0; i < used_; ++i) each(shares_[i]);
  }

 private:
  RoomShare& share_of(Room& room);

  rocksdb::WriteBatch batch_;
  std::deque<RoomShare> shares_;  ///< the first used_ of them; the others are kept for their memory
  std::size_t used_ = 0;
};

/// The frames for a session that wrote some of the updates itself: acks for these, the others.
void compose_for_writer(const RoomShare& share, std::uint64_t writer, Frames& frames);

}  // namespace anabranch::limits
