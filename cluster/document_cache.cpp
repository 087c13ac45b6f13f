#include "cluster/document_cache.h"

#include "base/check.h"

#include <algorithm>
#include <iterator>

namespace anabranch::cluster {

namespace {

/// About what a record takes beside its path and value: map node, stamp, shared value.
constexpr std::size_t record_overhead_bytes = 256;

std::size_t weigh(const crdt::Document& document) {
  return document.value_bytes() + document.records().size() * record_overhead_bytes +
         record_overhead_bytes;
}

}  // namespace

DocumentCache::Entry* DocumentCache::find(const UserId& user) {
  const auto found = entries_.find(user);
  if (found == entries_.end()) return nullptr;
  by_use_.splice(by_use_.end(), by_use_, found->second.place_);
  return &found->second;
}

DocumentCache::Entry& DocumentCache::begin_loading(const UserId& user) {
  const auto [at, is_new] = entries_.try_emplace(user);
  ANABRANCH_CHECK(is_new);
  at->second.place_ = by_use_.insert(by_use_.end(), user);
  return at->second;
}

void DocumentCache::pin(const UserId& user) { ++entries_.at(user).pins_; }

void DocumentCache::unpin(const UserId& user) {
  const auto found = entries_.find(user);
  if (found != entries_.end() && found->second.pins_ > 0) --found->second.pins_;
  if (bytes_ > max_bytes_) make_room();
}

void DocumentCache::reweigh(const UserId& user) {
  Entry& entry = entries_.at(user);
  bytes_ -= entry.weight_;
  entry.weight_ = weigh(entry.document);
  bytes_ += entry.weight_;
  if (bytes_ > max_bytes_) make_room();
}

std::deque<UserInput> DocumentCache::take_waiting() {
  std::deque<UserInput> taken;
  for (auto& [user, entry] : entries_) {
    std::move(entry.waiting.begin(), entry.waiting.end(), std::back_inserter(taken));
    entry.waiting.clear();
  }
  return taken;
}

void DocumentCache::clear() {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (at->second.loaded) drop(at);
    at = next;
  }
}

void DocumentCache::erase(const UserId& user) {
  const auto found = entries_.find(user);
  if (found != entries_.end()) drop(found);
}

bool DocumentCache::erase_buckets(const std::map<std::size_t, Uint128>& buckets) {
  bool all = true;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (at->second.loaded && buckets.count(crdt::StateDigest::bucket_of(at->first)) > 0) {
      if (at->second.pins_ == 0) {
        drop(at);
      } else {
        all = false;
      }
    }
    at = next;
  }
  return all;
}

void DocumentCache::make_room() {
  for (auto at = by_use_.begin(); at != by_use_.end() && bytes_ > max_bytes_;) {
    const auto found = entries_.find(*at++);
    if (found->second.loaded && found->second.pins_ == 0) drop(found);
  }
}

void DocumentCache::drop(std::map<UserId, Entry>::iterator at) {
  bytes_ -= at->second.weight_;
  by_use_.erase(at->second.place_);
  entries_.erase(at);
}

}  // namespace anabranch::cluster
