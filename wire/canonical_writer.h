#pragma once

#include "wire/json_parser.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::wire {

/// Writes what it is told as canonical JSON (JCS). Members are written as they come and put in
/// order when their object ends; keys that come in order cost nothing. Keep one for many values:
/// its buffers stay.
class CanonicalWriter final : public JsonSink {
 public:
  CanonicalWriter();

  void begin_document() override;
  void begin_object() override;
  void end_object() override;
  void begin_array() override;
  void end_array() override;
  void key(std::string_view text) override;
  void string(std::string_view text) override;
  void number(double value) override;
  void boolean(bool value) override;
  void null() override;

  /// What was written since begin_document(); complete when everything begun has ended.
  const std::string& text() const { return text_; }

  /// True when a number came that no double holds; text() is then of no use.
  bool overflowed() const { return overflowed_; }

 private:
  struct Member {
    std::size_t key_at;  ///< its unescaped key's place in keys_
    std::size_t key_size;
    std::size_t text_at;    ///< its place in text_
    std::size_t text_size;  ///< known when the object ends
  };
  struct Object {
    std::size_t text_at;       ///< of its brace
    std::size_t first_member;  ///< in members_
    std::size_t keys_at;       ///< in keys_
    bool in_order = true;      ///< strictly rising so far
  };

  std::string_view key_of(const Member& member) const;
  void begin_value();
  void reorder(const Object& object);

  std::string text_;
  std::string scratch_;
  std::string keys_;
  std::vector<Member> members_;
  std::vector<Object> objects_;
  bool overflowed_ = false;
};

}  // namespace anabranch::wire
