#include "transport/peer/byte_budget.h"

#include <utility>

namespace anabranch::transport {
namespace {

// About what a message costs beside its bytes, so that a flood of tiny ones is bounded too.
constexpr std::size_t overhead_bytes = 256;

}  // namespace

bool ByteBudget::take(std::size_t bytes) {
  std::size_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ || taken > limit_ - bytes) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

void ByteBudget::give_back(std::size_t bytes) {
  taken_.fetch_sub(bytes, std::memory_order_relaxed);
}

std::unique_ptr<CountedBytes> CountedBytes::make(std::string bytes,
                                                 std::shared_ptr<ByteBudget> budget) {
  if (!budget->take(bytes.size() + overhead_bytes)) return nullptr;
  return std::unique_ptr<CountedBytes>(new CountedBytes(std::move(bytes), std::move(budget)));
}

CountedBytes::CountedBytes(std::string bytes, std::shared_ptr<ByteBudget> budget)
    : bytes_(std::move(bytes)), budget_(std::move(budget)) {}

CountedBytes::~CountedBytes() { budget_->give_back(bytes_.size() + overhead_bytes); }

}  // namespace anabranch::transport
