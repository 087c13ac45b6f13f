#include "crdt/path.h"

#include "base/utf8.h"
#include "crdt/path_key.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>

namespace anabranch::crdt {

namespace {

constexpr char index_tag = 0x01;
constexpr char name_tag = 0x02;
constexpr char reserved_mark = 0x01;  ///< first character of a reserved path's segment

bool is_canonical_index(std::string_view segment) {
  const bool digits =
      std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !segment.empty() && (segment.size() == 1 || segment.front() != '0');
}

tl::unexpected<Error> bad_path(std::string why) { return fail(Errc::malformed, std::move(why)); }

/// Checks one unescaped segment.
Result<void> check_segment(std::string_view segment) {
  if (segment.empty()) return bad_path("path: a segment is empty");
  if (segment.size() > max_segment_bytes) {
    return bad_path("path: a segment is longer than 256 bytes");
  }
  if (has_control_character(segment)) return bad_path("path: a segment holds a control character");
  if (segment == "__proto__") return bad_path("path: __proto__ is not allowed as a segment");
  return {};
}

/// Checks one unescaped segment and appends its encoding.
Result<void> append_segment(std::pmr::string& key, std::string_view segment) {
  if (auto checked = check_segment(segment); !checked) return checked;
  if (is_canonical_index(segment)) {
    key += index_tag;
    key += static_cast<char>(segment.size() - 1);
    key += segment;
  } else {
    key += name_tag;
    key += segment;
    key += '\0';
  }
  return {};
}

/// One segment: the mark, then letters and digits, so that no such path lies below another.
bool is_reserved_key(std::string_view key) {
  constexpr std::size_t frame = 3;  // both tags and the final zero
  if (key.size() <= frame || key.size() > max_segment_bytes) return false;
  if (key[0] != name_tag || key[1] != reserved_mark || key.back() != '\0') return false;
  const std::string_view part = key.substr(2, key.size() - frame);
  return std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::size_t escaped_size(std::string_view segment) {
  const auto escaped =
      std::count_if(segment.begin(), segment.end(), [](char c) { return c == '.' || c == '\\'; });
  return segment.size() + static_cast<std::size_t>(escaped);
}

void append_escaped(std::string& text, std::string_view segment) {
  if (segment.find_first_of(".\\") == std::string_view::npos) {
    text += segment;
    return;
  }
  for (const char c : segment) {
    if (c == '.' || c == '\\') text += '\\';
    text += c;
  }
}

}  // namespace

Segment take_segment(std::string_view& key) {
  Segment segment;
  segment.is_index = key.front() == index_tag;
  if (segment.is_index) {
    const std::size_t size = static_cast<unsigned char>(key[1]) + std::size_t{1};
    segment.text = key.substr(2, size);
    key.remove_prefix(2 + size);
  } else {
    const std::size_t end = key.find('\0', 1);
    segment.text = key.substr(1, end - 1);
    key.remove_prefix(end + 1);
  }
  return segment;
}

Result<Path> Path::parse(std::string_view text) {
  if (text.empty()) return bad_path("path: is empty");
  if (text.size() > max_path_bytes) return bad_path("path: is longer than 1024 bytes");
  if (!is_utf8(text)) return bad_path("path: is not UTF-8");
  std::array<std::byte, 512> usual;
  std::pmr::monotonic_buffer_resource memory(usual.data(), usual.size());
  std::pmr::string key(&memory);
  key.reserve(text.size() + 8);
  std::pmr::string segment(&memory);
  std::size_t segments = 0;
  for (std::size_t i = 0;; ++i) {
    if (i == text.size() || text[i] == '.') {
      if (++segments > max_path_segments) return bad_path("path: has more than 32 segments");
      if (auto added = append_segment(key, segment); !added) return bad_path(added.error().message);
      if (i == text.size()) return Path(key);
      segment.clear();
      continue;
    }
    if (text[i] == '\\') {
      if (i + 1 == text.size() || (text[i + 1] != '.' && text[i + 1] != '\\')) {
        return bad_path("path: a backslash may only stand before a dot or a backslash");
      }
      ++i;
    }
    segment += text[i];
  }
}

Path Path::reserved(std::string_view part) {
  std::string key{name_tag, reserved_mark};
  key += part;
  key += '\0';
  return Path(key);
}

bool Path::is_reserved() const { return key()[1] == reserved_mark && key()[0] == name_tag; }

Result<void> check_path_key(std::string_view key) {
  if (is_reserved_key(key)) return {};
  std::size_t segments = 0;
  std::size_t text_bytes = 0;
  for (std::string_view rest = key; !rest.empty();) {
    const bool is_index = rest.front() == index_tag;
    const bool whole =
        is_index ? rest.size() >= 2 &&
                       rest.size() >= static_cast<unsigned char>(rest[1]) + std::size_t{3}
                 : rest.front() == name_tag && rest.find('\0', 1) != std::string_view::npos;
    if (!whole) return bad_path("path key: is not of whole segments");
    const std::string_view segment = take_segment(rest).text;
    if (++segments > max_path_segments) return bad_path("path: has more than 32 segments");
    if (!is_utf8(segment)) return bad_path("path: is not UTF-8");
    if (auto checked = check_segment(segment); !checked) return checked;
    if (is_canonical_index(segment) != is_index) {
      return bad_path("path key: is not in its canonical form");
    }
    text_bytes += (segments > 1 ? 1 : 0) + escaped_size(segment);
  }
  if (segments == 0) return bad_path("path: is empty");
  if (text_bytes > max_path_bytes) return bad_path("path: is longer than 1024 bytes");
  return {};
}

Result<Path> Path::from_key(std::string_view key) {
  if (auto checked = check_path_key(key); !checked) return tl::unexpected(checked.error());
  return Path(key);
}

std::string Path::text() const {
  std::string text;
  text.reserve(key_.size());
  append_text(text);
  return text;
}

void Path::append_text(std::string& out) const {
  for (std::string_view rest = key(); !rest.empty();) {
    if (rest.size() != key_.size()) out += '.';
    append_escaped(out, take_segment(rest).text);
  }
}

}  // namespace anabranch::crdt
