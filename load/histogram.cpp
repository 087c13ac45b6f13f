#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace anabranch::load {

namespace {

// A value is shifted right until it fits into 11 bits; its bucket is that and the shift. So values
// below 2^11 have a bucket each, and above, each power of two has 2^10 of them.
constexpr int kept_bits = 11;
constexpr std::uint64_t buckets_of_a_power = std::uint64_t{1} << (kept_bits - 1);
constexpr std::uint64_t longest = std::uint64_t{1} << 42;

std::size_t bucket_of(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kept_bits);
  return static_cast<std::uint64_t>(shift) * buckets_of_a_power + (value >> shift);
}

/// The greatest value of a bucket.
std::uint64_t top_of(std::size_t bucket) {
  if (bucket < 2 * buckets_of_a_power) return bucket;
  const std::uint64_t shift = bucket / buckets_of_a_power - 1;
  return ((bucket - shift * buckets_of_a_power + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(longest) + 1) {}

void Histogram::record(Nanoseconds value) {
  const std::uint64_t kept = std::min<std::uint64_t>(std::max<Nanoseconds>(value, 0), longest);
  ++buckets_[bucket_of(kept)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

void Histogram::clear() { *this = Histogram(); }

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

Nanoseconds Histogram::at(double quantile) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) {
      return std::min(static_cast<Nanoseconds>(top_of(bucket)), max_);
    }
  }
  return max_;
}

}  // namespace anabranch::load
