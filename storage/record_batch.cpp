#include "storage/record_batch.h"

#include "storage/key_layout.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>

namespace anabranch::storage {

namespace {

/// A change with its key in `records`. The changes lie in one vector, so that of two the one with
/// the lower address came first.
struct Keyed {
  std::string_view key;
  const wire::RecordChange* change;
};

bool is_put(const Keyed& keyed) { return keyed.change->kind == wire::RecordChange::Kind::put; }

Dot dot_of(const Keyed& keyed) { return keyed.change->record.dot; }

rocksdb::Slice slice_of(std::string_view view) { return {view.data(), view.size()}; }

/// The keys of all changes, one behind the other.
std::string keys_of(const std::vector<wire::RecordChange>& changes) {
  std::size_t bytes = 0;
  for (const wire::RecordChange& change : changes) {
    bytes += record_key_size(change.user, change.path);
  }
  std::string keys;
  keys.reserve(bytes);
  for (const wire::RecordChange& change : changes) {
    append_record_key(keys, change.user, change.path);
  }
  return keys;
}

std::vector<Keyed> with_keys(const std::vector<wire::RecordChange>& changes,
                             std::string_view keys) {
  std::vector<Keyed> keyed;
  keyed.reserve(changes.size());
  for (const wire::RecordChange& change : changes) {
    const std::size_t size = record_key_size(change.user, change.path);
    keyed.push_back({keys.substr(0, size), &change});
    keys.remove_prefix(size);
  }
  return keyed;
}

/// Calls `tell(first, last)` with the first and the last of each run of changes that are alike.
template <class Alike, class Tell>
void for_each_run(const std::vector<Keyed>& sorted, Alike alike, Tell tell) {
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto past = std::find_if_not(first, sorted.end(),
                                       [&](const Keyed& keyed) { return alike(*first, keyed); });
    tell(*first, *(past - 1));
    first = past;
  }
}

void add_records(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* column,
                 std::vector<Keyed>& keyed) {
  std::sort(keyed.begin(), keyed.end(), [](const Keyed& left, const Keyed& right) {
    return std::tie(left.key, left.change) < std::tie(right.key, right.change);
  });
  std::string value;
  for_each_run(
      keyed, [](const Keyed& left, const Keyed& right) { return left.key == right.key; },
      [&](const Keyed&, const Keyed& last) {
        if (!is_put(last)) {
          batch.Delete(column, slice_of(last.key));
          return;
        }
        value.clear();
        append_record(value, last.change->record);
        batch.Put(column, slice_of(last.key), value);
      });
}

void add_log(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* column,
             std::vector<Keyed>& keyed) {
  std::sort(keyed.begin(), keyed.end(), [](const Keyed& left, const Keyed& right) {
    if (const auto order = dot_of(left) <=> dot_of(right); order != 0) return order < 0;
    return std::tie(left.key, left.change) < std::tie(right.key, right.change);
  });
  const auto alike = [](const Keyed& left, const Keyed& right) {
    return dot_of(left) == dot_of(right) && left.key == right.key;
  };
  std::string key;
  for_each_run(keyed, alike, [&](const Keyed& first, const Keyed& last) {
    if (is_put(first) && !is_put(last)) return;
    key.clear();
    append_log_key(key, dot_of(last), last.key);
    if (is_put(last)) {
      batch.Put(column, key, rocksdb::Slice());
    } else {
      batch.Delete(column, key);
    }
  });
}

}  // namespace

void add_changes(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* records,
                 rocksdb::ColumnFamilyHandle* log, const std::vector<wire::RecordChange>& changes) {
  const std::string keys = keys_of(changes);
  std::vector<Keyed> keyed = with_keys(changes, keys);
  add_records(batch, records, keyed);
  add_log(batch, log, keyed);
}

}  // namespace anabranch::storage
