#pragma once

#include <cstddef>
#include <string_view>

namespace anabranch::wire {

/// Is told of a JSON text piece by piece, in its order. Views live only during the call.
class JsonSink {
 public:
  virtual ~JsonSink() = default;

  /// Called first; where it is called again, what was told before counts for nothing.
  virtual void begin_document() = 0;
  virtual void begin_object() = 0;
  virtual void end_object() = 0;
  virtual void begin_array() = 0;
  virtual void end_array() = 0;
  virtual void key(std::string_view text) = 0;
  virtual void string(std::string_view text) = 0;
  /// The nearest double; infinite for a number that no double holds.
  virtual void number(double value) = 0;
  virtual void boolean(bool value) = 0;
  virtual void null() = 0;
};

enum class JsonVerdict {
  ok,
  malformed,  ///< not one JSON text, not UTF-8, or with a lone surrogate
  too_deep,   ///< nested deeper than asked for; the rest was not looked at
};

/// Reads exactly one JSON text (RFC 8259). `max_depth` bounds the arrays and objects inside each
/// other, and with them the stack; a scalar has depth 0.
JsonVerdict parse_json(std::string_view text, std::size_t max_depth, JsonSink& sink);

}  // namespace anabranch::wire
