#include "wire/msgpack_reader.h"

#include "base/utf8.h"
#include "wire/limits.h"

#include <msgpack.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace anabranch::wire {

namespace {

/// Walks a message without making anything of it, and stops where it has too many elements or
/// nests too deep. Unpacking allocates for an array what its header claims: after this walk every
/// claim is known to be true, and their sum to be bounded.
struct Measure : msgpack::null_visitor {
  std::size_t elements = 0;
  std::size_t depth = 0;

  bool start_array(std::uint32_t) { return ++depth <= max_peer_message_depth; }
  bool end_array() {
    --depth;
    return true;
  }
  bool start_map(std::uint32_t) { return ++depth <= max_peer_message_depth; }
  bool end_map() {
    --depth;
    return true;
  }
  bool start_array_item() { return ++elements <= max_peer_message_elements; }
  bool start_map_key() { return ++elements <= max_peer_message_elements; }
  bool start_map_value() { return ++elements <= max_peer_message_elements; }
};

bool is_bounded(std::string_view message) {
  Measure measure;
  std::size_t offset = 0;
  return msgpack::parse(message.data(), message.size(), offset, measure) &&
         offset == message.size();
}

msgpack::object_handle unpack(std::string_view message) {
  const msgpack::unpack_limit limit(max_peer_message_elements, max_peer_message_elements,
                                    max_peer_message_bytes, max_peer_message_bytes, 0,
                                    max_peer_message_depth);
  const auto refer_to_message = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  std::size_t offset = 0;
  bool referenced = false;
  return msgpack::unpack(message.data(), message.size(), offset, referenced, refer_to_message,
                         nullptr, limit);
}

}  // namespace

struct MsgpackReader::Tree {
  /// What is left of an array that was begun.
  struct Level {
    const msgpack::object* next = nullptr;
    const msgpack::object* end = nullptr;
  };

  msgpack::object_handle root;
  std::vector<Level> levels = {Level{}};

  /// The next element of the array begun last; null past its end.
  const msgpack::object* peek() const {
    const Level& level = levels.back();
    return level.next == level.end ? nullptr : level.next;
  }
};

MsgpackReader::MsgpackReader(std::string_view message) : tree_(std::make_unique<Tree>()) {
  try {
    if (message.size() > max_peer_message_bytes) {
      fail("the message is too large");
    } else if (!is_bounded(message)) {
      fail("not one MessagePack value within the limits");
    } else {
      tree_->root = unpack(message);
      const msgpack::object& root = tree_->root.get();
      tree_->levels.back() = {&root, &root + 1};
    }
  } catch (const std::exception& error) {
    fail(std::string("not MessagePack: ") + error.what());
  }
}

MsgpackReader::~MsgpackReader() = default;

void MsgpackReader::fail(std::string why) {
  if (problem_.empty()) problem_ = std::move(why);
}

/// Goes past the next element where `accept` takes it; else fails.
template <class Accept>
void MsgpackReader::take(const char* what, const char* must_be, Accept accept) {
  if (!ok()) return;
  const msgpack::object* element = tree_->peek();
  if (element == nullptr) {
    fail(std::string(what) + " is missing");
  } else if (!accept(*element)) {
    fail(std::string(what) + " must be " + must_be);
  } else {
    ++tree_->levels.back().next;
  }
}

std::size_t MsgpackReader::begin_array(const char* what) {
  Tree::Level level;
  take(what, "an array", [&level](const msgpack::object& element) {
    if (element.type != msgpack::type::ARRAY) return false;
    level = {element.via.array.ptr, element.via.array.ptr + element.via.array.size};
    return true;
  });
  tree_->levels.push_back(level);
  return static_cast<std::size_t>(level.end - level.next);
}

bool MsgpackReader::has_more() const { return ok() && tree_->peek() != nullptr; }

void MsgpackReader::end_array() { tree_->levels.pop_back(); }

std::uint64_t MsgpackReader::uint(const char* what, std::uint64_t min, std::uint64_t max) {
  std::uint64_t value = 0;
  take(what, "an unsigned integer in its range", [&](const msgpack::object& element) {
    if (element.type != msgpack::type::POSITIVE_INTEGER) return false;
    if (element.via.u64 < min || element.via.u64 > max) return false;
    value = element.via.u64;
    return true;
  });
  return value;
}

std::int64_t MsgpackReader::integer(const char* what, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  take(what, "an integer in its range", [&](const msgpack::object& element) {
    const bool positive = element.type == msgpack::type::POSITIVE_INTEGER;
    if (!positive && element.type != msgpack::type::NEGATIVE_INTEGER) return false;
    if (positive && element.via.u64 > INT64_MAX) return false;
    const std::int64_t number =
        positive ? static_cast<std::int64_t>(element.via.u64) : element.via.i64;
    if (number < min || number > max) return false;
    value = number;
    return true;
  });
  return value;
}

bool MsgpackReader::boolean(const char* what) {
  bool value = false;
  take(what, "a boolean", [&value](const msgpack::object& element) {
    if (element.type != msgpack::type::BOOLEAN) return false;
    value = element.via.boolean;
    return true;
  });
  return value;
}

std::string_view MsgpackReader::text(const char* what, std::size_t min_bytes,
                                     std::size_t max_bytes) {
  std::string_view value;
  take(what, "a UTF-8 string of a length in its range", [&](const msgpack::object& element) {
    if (element.type != msgpack::type::STR) return false;
    const std::string_view found(element.via.str.ptr, element.via.str.size);
    if (found.size() < min_bytes || found.size() > max_bytes || !is_utf8(found)) return false;
    value = found;
    return true;
  });
  return value;
}

std::string_view MsgpackReader::bytes(const char* what, std::size_t max_bytes) {
  std::string_view value;
  take(what, "bytes, and not too many", [&](const msgpack::object& element) {
    if (element.type != msgpack::type::BIN || element.via.bin.size > max_bytes) return false;
    value = {element.via.bin.ptr, element.via.bin.size};
    return true;
  });
  return value;
}

bool MsgpackReader::skip_nil() {
  const msgpack::object* element = ok() ? tree_->peek() : nullptr;
  if (element == nullptr || !element->is_nil()) return false;
  ++tree_->levels.back().next;
  return true;
}

}  // namespace anabranch::wire
