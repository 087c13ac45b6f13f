#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace anabranch::simulation {

/// How often each kind of fault has struck.
class FaultCounts {
 public:
  void note(const std::string& kind, std::uint64_t times = 1) { counts_[kind] += times; }
  void add(const FaultCounts& other) {
    for (const auto& [kind, times] : other.counts_) note(kind, times);
  }
  std::uint64_t operator[](const std::string& kind) const {
    const auto found = counts_.find(kind);
    return found == counts_.end() ? 0 : found->second;
  }
  const std::map<std::string, std::uint64_t>& all() const { return counts_; }

 private:
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace anabranch::simulation
