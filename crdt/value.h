#pragma once

#include "base/shared_text.h"

#include <string_view>

namespace anabranch::crdt {

/// An immutable JSON value as its canonical encoding (JCS, RFC 8785). The text is made once, where
/// the value enters the node (wire/), and shared from then on by the document, the disk batch, the
/// peers' message and the clients' events. Safe to share between threads.
class Value {
 public:
  Value() = default;
  explicit Value(std::string_view canonical) : text_(canonical) {}

  /// Empty for a tombstone.
  std::string_view text() const { return text_; }

  bool operator==(const Value&) const = default;

 private:
  SharedText text_;
};

}  // namespace anabranch::crdt
