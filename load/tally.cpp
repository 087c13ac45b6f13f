#include "load/tally.h"

#include <algorithm>

namespace anabranch::load {

namespace {

constexpr std::uint64_t Counts::* const all_counts[] = {
    &Counts::connected, &Counts::failed,     &Counts::sent,    &Counts::skipped,
    &Counts::acked,     &Counts::stale,      &Counts::refused, &Counts::delivered,
    &Counts::states,    &Counts::state_bytes};

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  for (const auto member : all_counts) this->*member += other.*member;
  return *this;
}

Counts Counts::operator-(const Counts& other) const {
  Counts difference = *this;
  for (const auto member : all_counts) difference.*member -= other.*member;
  return difference;
}

Counts Tally::counts() const {
  return {connected.get(), failed.get(),  sent.get(),      skipped.get(), acked.get(),
          stale.get(),     refused.get(), delivered.get(), states.get(),  state_bytes.get()};
}

void Tally::clear() {
  for (Histogram* histogram : {&connecting, &ack, &delivery, &state, &lag}) histogram->clear();
  errors.clear();
  misfortunes.clear();
}

void Findings::add(const Tally& tally) {
  connecting.merge(tally.connecting);
  ack.merge(tally.ack);
  delivery.merge(tally.delivery);
  state.merge(tally.state);
  lag.merge(tally.lag);
  for (const auto& [code, times] : tally.errors) errors[code] += times;
  for (const auto& [words, times] : tally.misfortunes) misfortunes[words] += times;
  updates_per_minute = std::max(updates_per_minute, tally.updates_per_minute);
}

}  // namespace anabranch::load
