#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace anabranch::transport::testing {

/// Stands between a node and its peer, and can do to their connection what networks do.
class TcpProxy {
 public:
  /// Passes connections on to `target`, "tcp://127.0.0.1:port".
  explicit TcpProxy(const std::string& target);
  ~TcpProxy();

  /// Where it listens, as an endpoint of ZeroMQ.
  std::string endpoint() const;

  /// Closes every connection; new ones pass.
  void cut();
  /// Lets every present connection stand, but nothing passes by it any more, in either direction,
  /// and nobody is told: what a firewall does that has forgotten the flow.
  void forget();
  /// So for new connections too, until `resume`.
  void stall();
  void resume() { stalled_ = false; }

  std::size_t accepted() const { return accepted_; }

 private:
  struct Connection {
    int client;
    int server;
    std::atomic<bool> forgotten{false};
    std::thread upstream;
    std::thread downstream;
  };

  void accept_all();
  void start(int client);
  static void pump(Connection& connection, int from, int to);
  static void shut(Connection& connection);

  std::uint16_t target_port_ = 0;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stalled_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> accepted_{0};
  std::mutex mutex_;
  std::list<Connection> connections_;  // guarded by mutex_
  std::thread acceptor_;
};

}  // namespace anabranch::transport::testing
