#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anabranch::wire {

/// Where a write belongs in a trace of its sender's (W3C Trace Context), as it is told on: version
/// 00, 55 characters. Empty on the writes that are not traced, which is nearly all of them and
/// costs nothing. Safe to share between threads.
class Traceparent {
 public:
  /// How long one is, in bytes.
  static constexpr std::size_t size = 55;

  Traceparent() = default;

  /// Nothing for what the specification calls invalid, which is to be ignored. Of a version above
  /// 00 what version 00 has of it is taken.
  static std::optional<Traceparent> parse(std::string_view text);

  bool empty() const { return text_ == nullptr; }
  /// "00-<trace id>-<parent id>-<flags>"; empty where there is none.
  std::string_view text() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  /// The sender has asked for the trace to be recorded.
  bool is_sampled() const;

  bool operator==(const Traceparent& other) const { return text() == other.text(); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace anabranch::wire
