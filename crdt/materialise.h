#pragma once

#include "crdt/document.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::crdt {

/// The state as one JSON object, in canonical form: records in path order, each laid over what
/// stands there. A tombstone removes its key where the parent's value has one. Below an array a
/// canonical index up to its length addresses that element (the length itself appends); any other
/// segment below an array or a scalar makes the parent an object. Removed elements leave holes: at
/// the array's end they are cut, inside it they read as null. Equal documents give equal bytes, and
/// a tombstone for which Document::ancestor_value_holds is false changes none.
std::string materialise(const Document& document);

/// What the state holds at `path`, as canonical JSON; nothing where it holds nothing.
std::optional<std::string> materialise_at(const Document& document, const Path& path);

/// The same of records that come one after the other, without a document: the text grows as they
/// come, and only a value that others stand below is ever taken apart.
class Materialiser {
 public:
  /// `room`: its capacity is used; what it holds is not.
  explicit Materialiser(std::string room = {});
  ~Materialiser();
  Materialiser(const Materialiser&) = delete;
  Materialiser& operator=(const Materialiser&) = delete;

  /// Takes the standing records of a document, in path order, each by its Path's key. What is
  /// given is not needed any more after the call.
  void add_value(std::string_view key, std::string_view text);
  void add_tombstone(std::string_view key);

  /// The state. To be called once.
  std::string finish();

 private:
  struct Subtree;
  /// An object that is being written.
  struct Level {
    std::size_t key_bytes;     ///< of last_key_, that lead to it
    std::size_t first_member;  ///< in members_
    bool in_order;             ///< its members so far
  };
  struct Member {
    std::size_t at;  ///< in out_
    std::size_t name_bytes;
  };

  bool is_below_last(std::string_view key) const;
  Subtree& open_last();
  void end_last();
  void open_object(std::size_t key_bytes);
  void begin_member(std::string_view name);
  void close_object();
  void put_in_order(const Level& level);
  std::string_view name_of(const Member& member) const;

  std::string out_;
  std::vector<Level> levels_;
  std::vector<Member> members_;  ///< of all levels, one behind the other
  std::string last_key_;         ///< of the last value
  std::size_t last_at_ = 0;      ///< where its text begins
  std::unique_ptr<Subtree> subtree_;
};

}  // namespace anabranch::crdt
