#pragma once

#include "transport/client/frame_times.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::transport {

/// One event or several in their order, as texts that are ready to be sent, alone or together. Made
/// once, and then shared by every connection they go to.
class EncodedEvents {
 public:
  EncodedEvents() : text_("[") {}
  explicit EncodedEvents(std::string_view envelope, FrameTiming timing = {});

  /// Adds what `write` appends to the text that it is given: one envelope. `timing`: what is
  /// measured when it leaves.
  template <class Write>
  void add(FrameTiming timing, Write write) {
    if (count() > 0) text_.back() = ',';
    write(text_);
    end_envelope(timing);
  }

  /// Takes the last of several out.
  EncodedEvents take_last();

  /// How many there are; at least one before anything below is asked for.
  std::size_t count() const { return further_.size() + (first_.end == 0 ? 0 : 1); }
  /// The envelope at `i`, which is below count().
  std::string_view at(std::size_t i) const;
  /// All of them: the one envelope, or an array.
  std::string_view all() const { return count() == 1 ? listed() : std::string_view(text_); }
  /// All of them with commas between, to be spliced into an array.
  std::string_view listed() const { return std::string_view(text_).substr(1, text_.size() - 2); }
  /// Of the text of all, in bytes.
  std::size_t size() const { return all().size(); }

  const FrameTiming& timing_of(std::size_t i) const { return part(i).timing; }

 private:
  /// An envelope begins behind the one before it and a comma.
  struct Part {
    std::size_t end = 0;  ///< in text_
    FrameTiming timing;
  };

  void end_envelope(FrameTiming timing);
  const Part& part(std::size_t i) const { return i == 0 ? first_ : further_[i - 1]; }

  std::string text_;  ///< an array
  Part first_;        ///< most often the only one
  std::vector<Part> further_;
};

/// What a connection is given to send.
using Frame = std::shared_ptr<const EncodedEvents>;

}  // namespace anabranch::transport
