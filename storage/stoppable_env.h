#pragma once

#include <atomic>
#include <memory>

namespace rocksdb {
class Env;
}

namespace anabranch::storage {

/// `base` (null: the system's), but that files cannot be read on once `stopped`: RocksDB reads a
/// backup through to verify it, and has no other way to be told to end. Both outlive what is
/// returned.
std::unique_ptr<rocksdb::Env> make_stoppable_env(rocksdb::Env* base,
                                                 const std::atomic<bool>& stopped);

}  // namespace anabranch::storage
