#pragma once

#include "transport/client/server.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace anabranch::transport {

/// How many of a bounded number of places are taken. Any thread.
class PlaceCount {
 public:
  /// Takes a place if fewer than `limit` are taken.
  bool enter(std::size_t limit) {
    const std::lock_guard lock(mutex_);
    if (taken_ >= limit) return false;
    ++taken_;
    return true;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    if (--taken_ == 0) none_taken_.notify_all();
  }

  std::size_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

  /// False when some are still taken after `patience`.
  bool wait_for_none(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return none_taken_.wait_for(lock, patience, [this] { return taken_ == 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable none_taken_;
  std::size_t taken_ = 0;
};

/// By what TLS new connections are taken. Any thread.
class CurrentTls {
 public:
  explicit CurrentTls(std::shared_ptr<const TlsContext> tls) : tls_(std::move(tls)) {}

  std::shared_ptr<const TlsContext> get() const {
    const std::lock_guard lock(mutex_);
    return tls_;
  }

  void set(std::shared_ptr<const TlsContext> tls) {
    const std::lock_guard lock(mutex_);
    tls_ = std::move(tls);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> tls_;  // guarded by mutex_
};

/// What all connections of a server share. Outlives them.
struct ServerContext {
  ServerContext(ServerOptions the_options, HttpHandler the_handler, SessionSink* the_sink,
                const Authenticator* the_authenticator, const Clock& the_clock)
      : options(std::move(the_options)),
        handler(std::move(the_handler)),
        sink(the_sink),
        authenticator(the_authenticator),
        clock(the_clock),
        journal(options.journal ? *options.journal : no_journal()),
        tls(options.tls) {}

  /// Sockets beyond the WebSocket sessions: health checks, the answers to refused upgrades.
  static constexpr std::size_t spare_sockets = 1024;

  std::size_t max_sockets() const {
    return spare_sockets + (options.sessions ? options.sessions->max_connections : 0);
  }

  const ServerOptions options;
  const HttpHandler handler;
  SessionSink* const sink;
  const Authenticator* const authenticator;
  const Clock& clock;
  SessionJournal& journal;

  CurrentTls tls;
  std::atomic<bool> draining = false;
  std::atomic<bool> stopping = false;
  PlaceCount sockets;     ///< accepted and not yet gone
  PlaceCount websockets;  ///< those of them that are WebSocket sessions
};

}  // namespace anabranch::transport
