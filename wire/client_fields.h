#pragma once

#include "base/ids.h"
#include "wire/client_messages.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The fields of client frames as they stand in the JSON, and the rules for each of them.

namespace anabranch::wire {

enum class JsonKind { missing, null, boolean, number, string, array, object };

/// A field whose value is wanted only where it is a scalar.
struct Field {
  JsonKind kind = JsonKind::missing;
  bool boolean = false;
  double number = 0;   ///< infinite where no double holds it
  std::string text{};  ///< of a string
};

/// A field that may hold any JSON.
struct ValueField {
  enum class Status { missing, fine, too_deep, overflowed };
  Status status = Status::missing;
  crdt::Value value = {};  ///< where fine
};

/// What a write says of one path: the payload of an update, an item of a batch.
struct ChangeFields {
  Field path;
  ValueField value;
  Field remove;  ///< the field `delete`
};

/// Why a frame is refused; `message` names the field and says what is allowed.
struct Refusal {
  ErrorCode code = ErrorCode::invalid_payload;
  std::string message;
};

template <class T>
using Judged = tl::expected<T, Refusal>;

/// A batch's `updates`, judged item by item as they are read, so that a frame of many tiny items
/// takes no more memory than the changes it holds.
struct UpdatesField {
  JsonKind kind = JsonKind::missing;
  std::vector<crdt::Change> changes;  ///< as far as the first refusal
  std::optional<Refusal> refusal;
  std::size_t count = 0;

  void add(ChangeFields fields);
  void add_other_than_object();

 private:
  void refuse(Refusal why);
};

/// A request's `seen`, judged as it is read.
struct SeenField {
  JsonKind kind = JsonKind::missing;
  std::vector<Dot> dots;
  std::optional<Refusal> refusal;

  void add(const Field& field);
};

Judged<crdt::Change> judge_change(ChangeFields fields);
/// In path order; refuses a path that is there twice.
Judged<std::vector<crdt::Change>> judge_updates(UpdatesField updates);
Judged<std::optional<RequestId>> judge_id(const Field& field);
Judged<std::optional<std::uint64_t>> judge_version(const Field& field);
Judged<std::optional<std::int64_t>> judge_timestamp(const Field& field);
Judged<std::optional<std::string>> judge_tab(Field field);
Judged<void> judge_last_known_version(const Field& field);
Judged<std::string> judge_cursor(Field field);
Judged<std::vector<Dot>> judge_seen(SeenField seen);
Judged<StateRequest::Want> judge_want(const Field& field);
Judged<std::string> judge_token(Field field);

}  // namespace anabranch::wire
