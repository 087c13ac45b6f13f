#include "cluster/arrivals.h"

#include <iterator>

namespace anabranch::cluster {

void Arrivals::note(const std::string& peer, const wire::PublishedWrites& published) {
  if (!published.committed_ms || count_ >= max_publications) return;
  const Dot first = published.writes.front().dot;
  const bool is_new =
      by_origin_[first.origin]
          .try_emplace(first.seq, Publication{peer, *published.committed_ms,
                                              published.writes.back().dot.seq, published.traces})
          .second;
  if (is_new) ++count_;
}

const Arrivals::Publication* Arrivals::find(Dot dot) {
  const auto origin = by_origin_.find(dot.origin);
  if (origin == by_origin_.end()) return nullptr;
  auto& publications = origin->second;
  while (!publications.empty() && publications.begin()->second.last_seq < dot.seq) {
    publications.erase(publications.begin());
    --count_;
  }
  const auto after = publications.upper_bound(dot.seq);
  if (after == publications.begin()) return nullptr;
  const Publication& found = std::prev(after)->second;
  return dot.seq <= found.last_seq ? &found : nullptr;
}

void Arrivals::clear() {
  by_origin_.clear();
  count_ = 0;
}

}  // namespace anabranch::cluster
