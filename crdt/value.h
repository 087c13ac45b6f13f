#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace anabranch::crdt {

/// An immutable JSON value as its canonical encoding (JCS, RFC 8785). The text is made once, where
/// the value enters the node (wire/), and shared from then on by the document, the disk batch, the
/// peers' message and the clients' events. Safe to share between threads.
class Value {
 public:
  Value() = default;
  explicit Value(std::string canonical)
      : text_(std::make_shared<const std::string>(std::move(canonical))) {}

  /// Empty for a tombstone.
  std::string_view text() const { return text_ ? std::string_view(*text_) : std::string_view(); }

  bool operator==(const Value& other) const {
    return text_ == other.text_ || text() == other.text();
  }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace anabranch::crdt
