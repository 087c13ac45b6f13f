#include "transport/client/encoded_events.h"

namespace anabranch::transport {

EncodedEvents::EncodedEvents(std::string_view envelope, FrameTiming timing) : EncodedEvents() {
  text_.reserve(envelope.size() + 2);
  add(timing, [envelope](std::string& text) { text += envelope; });
}

EncodedEvents EncodedEvents::take_last() {
  EncodedEvents last(at(count() - 1), timing_of(count() - 1));
  further_.pop_back();
  text_.resize(part(count() - 1).end);
  text_ += ']';
  return last;
}

std::string_view EncodedEvents::at(std::size_t i) const {
  const std::size_t begin = i == 0 ? 1 : part(i - 1).end + 1;
  return std::string_view(text_).substr(begin, part(i).end - begin);
}

void EncodedEvents::end_envelope(FrameTiming timing) {
  const Part ended{text_.size(), timing};
  if (count() == 0) {
    first_ = ended;
  } else {
    further_.push_back(ended);
  }
  text_ += ']';
}

}  // namespace anabranch::transport
