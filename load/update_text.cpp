#include "load/update_text.h"

namespace anabranch::load {

namespace {

void put_digits(char* place, std::size_t digits, std::uint64_t number) {
  for (std::size_t i = digits; i-- > 0; number /= 10) {
    place[i] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

UpdateText::UpdateText(std::string_view pattern) {
  for (const char character : pattern) {
    if (character == '#') {
      stamps_.push_back(text_.size());
      text_.append(stamp_digits, '0');
    } else if (character == '@') {
      paths_.push_back(text_.size());
      text_.append(path_digits, '0');
    } else {
      text_ += character;
    }
  }
}

std::string_view UpdateText::with(Stamp stamp, std::uint64_t path) {
  for (const std::size_t place : stamps_) put_digits(&text_[place], stamp_digits, stamp);
  for (const std::size_t place : paths_) put_digits(&text_[place], path_digits, path);
  return text_;
}

std::string value_pattern(std::size_t bytes) {
  std::string value = R"({"n":#,"p":")";
  for (std::size_t i = min_value_bytes; i < bytes; ++i) {
    value += static_cast<char>('a' + (i * i + i / 7) % 26);
  }
  return value + R"("})";
}

}  // namespace anabranch::load
