#pragma once

#include "tests/storage/support.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

// For tests of what every Store promises: each is run on all of them.

namespace anabranch::storage {

inline constexpr ReplicaId origin_a{10};
inline constexpr ReplicaId origin_b{20};
inline constexpr ReplicaId origin_c{30};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<Store>(const std::filesystem::path&)> make;
};

inline std::ostream& operator<<(std::ostream& out, const StoreKind& kind) {
  return out << kind.name;
}

class StoreConformance : public testing::TestWithParam<StoreKind> {
 protected:
  Store& store() { return *store_; }

  void commit(std::vector<wire::RecordChange> changes) { commit(batch_of(std::move(changes))); }
  void commit(const wire::StoreBatch& batch) {
    const auto committed = store_->commit(batch);
    ASSERT_TRUE(committed) << committed.error().message;
  }

  wire::UserRecords load(const UserId& user) { return store_->load_user(user).value(); }

 private:
  TemporaryDirectory directory_{memory_backed()};
  std::unique_ptr<Store> store_ = GetParam().make(directory_.path() / "data");
};

inline std::vector<Dot> dots_of(const std::vector<crdt::Write>& writes) {
  std::vector<Dot> dots;
  for (const crdt::Write& write : writes) dots.push_back(write.dot);
  return dots;
}

inline std::vector<std::string> paths_of(const crdt::Write& write) {
  std::vector<std::string> paths;
  for (const crdt::Change& change : write.changes) paths.push_back(change.path.text());
  return paths;
}

}  // namespace anabranch::storage
