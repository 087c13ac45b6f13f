#pragma once

#include "load/time.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anabranch::load {

/// How often which latency was seen. Buckets grow with the value, so that each is told within a
/// thousandth, from a nanosecond to an hour, in 280 KiB; longer ones count as an hour and more.
///
/// One thread records; histograms of several are merged afterwards.
class Histogram {
 public:
  Histogram();

  void record(Nanoseconds value);
  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  /// 0 where nothing was recorded; so are the others.
  Nanoseconds max() const { return max_; }
  double mean() const;
  /// The value that a share of `quantile` (0 to 1) of all does not pass.
  Nanoseconds at(double quantile) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Nanoseconds max_ = 0;
  double sum_ = 0;
};

}  // namespace anabranch::load
