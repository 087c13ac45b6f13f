#pragma once

#include "cluster/replica_io.h"
#include "crdt/digest.h"
#include "crdt/document.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <variant>

namespace anabranch::cluster {

/// What waits for a document to be loaded, in the order in which it came.
using UserInput = std::variant<ClientWrite, ClientRequest, ClientAnswer, StateRead, Redelivery>;

/// The documents in memory, up to a bound; those used least recently go first. A document with
/// changes that are not on disk yet is pinned. A user's inputs wait here while theirs is loaded.
class DocumentCache {
 public:
  struct Entry {
    crdt::Document document;
    bool loaded = false;
    std::int64_t issued_ms = 0;     ///< the last timestamp given to a write of this user
    std::deque<UserInput> waiting;  ///< only while not loaded
    bool is_wanted = false;         ///< while not loaded: for more than what waits

   private:
    friend class DocumentCache;
    std::size_t pins_ = 0;
    std::size_t weight_ = 0;
    std::list<UserId>::iterator place_;
  };

  /// `max_bytes`: about how much memory the documents may take (pinned ones may pass it).
  explicit DocumentCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// The user's entry, touched; null where it is neither loaded nor being loaded.
  Entry* find(const UserId& user);
  /// A new entry that waits to be loaded.
  Entry& begin_loading(const UserId& user);

  void pin(const UserId& user);
  /// May drop documents, this one too.
  void unpin(const UserId& user);

  /// Weighs the user's document anew after a change and makes room where the bound is passed.
  void reweigh(const UserId& user);

  /// Takes out the inputs that wait for documents, each user's in their order.
  std::deque<UserInput> take_waiting();

  /// Drops every loaded document; what is being loaded goes on.
  void clear();
  void erase(const UserId& user);
  /// Drops the documents of these users' buckets (crdt::StateDigest), that they are read anew.
  /// False while one is pinned: to be tried again.
  bool erase_buckets(const std::map<std::size_t, Uint128>& buckets);

  std::size_t bytes() const { return bytes_; }

 private:
  void make_room();
  void drop(std::map<UserId, Entry>::iterator at);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::map<UserId, Entry> entries_;
  std::list<UserId> by_use_;  ///< least recently used first
};

}  // namespace anabranch::cluster
