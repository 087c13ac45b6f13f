#pragma once

#include "node/config.h"

#include <memory>
#include <mutex>
#include <utility>

namespace anabranch::node {

/// The cluster file that is in force. A reload puts another one in its place; who holds the former
/// may go on to read it. Any thread.
class CurrentCluster {
 public:
  explicit CurrentCluster(ClusterConfig config) { set(std::move(config)); }

  std::shared_ptr<const ClusterConfig> get() const {
    const std::lock_guard lock(mutex_);
    return config_;
  }

  void set(ClusterConfig config) {
    auto next = std::make_shared<const ClusterConfig>(std::move(config));
    const std::lock_guard lock(mutex_);
    config_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;  ///< guards config_
  std::shared_ptr<const ClusterConfig> config_;
};

}  // namespace anabranch::node
