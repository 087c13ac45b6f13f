#include "transport/client/server.h"

#include "base/check.h"
#include "transport/client/io_thread.h"
#include "transport/client/leaving.h"
#include "transport/client/listener.h"
#include "transport/client/server_context.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace anabranch::transport {
namespace {

/// For clients to answer the close frames when the server stops.
constexpr std::chrono::seconds stop_patience{2};

class ThreadedServer final : public Server {
 public:
  ThreadedServer(ServerOptions options, HttpHandler handler, SessionSink* sink,
                 const Authenticator* authenticator, const Clock& clock)
      : context_(std::move(options), std::move(handler), sink, authenticator, clock),
        threads_(make_threads(context_.options.threads, sink)),
        listener_(context_, threads_) {}
  ~ThreadedServer() override { stop(); }

  Result<void> start();

  std::uint16_t port() const override { return listener_.port(); }
  std::size_t connections() const override { return context_.websockets.taken(); }
  void use_tls(std::shared_ptr<const TlsContext> tls) override { context_.tls.set(std::move(tls)); }
  FrameTimes frame_times() const override;
  void drain() override;
  void resume() override { context_.draining = false; }
  void stop() override;

 private:
  using Threads = std::vector<std::unique_ptr<IoThread>>;

  static Threads make_threads(std::size_t count, SessionSink* sink);
  template <class Act>
  void on_each_connection(Act act);

  ServerContext context_;
  Threads threads_;
  Listener listener_;
  std::once_flag stopped_;
};

ThreadedServer::Threads ThreadedServer::make_threads(std::size_t count, SessionSink* sink) {
  Threads threads;
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    threads.push_back(std::make_unique<IoThread>(sink));
  }
  return threads;
}

Result<void> ThreadedServer::start() {
  if (auto opened = listener_.open(context_.options.listen); !opened) return opened;
  for (const auto& thread : threads_) thread->start();
  threads_.front()->gate()->post([this] { listener_.start(); });
  return {};
}

FrameTimes ThreadedServer::frame_times() const {
  FrameTimes all;
  for (const auto& thread : threads_) {
    all.add(std::as_const(*thread).frame_times().times());
  }
  return all;
}

void ThreadedServer::drain() {
  context_.draining = true;
  for (const auto& thread : threads_) {
    thread->gate()->post(
        [this, &thread = *thread] { std::make_shared<Leaving>(context_, thread)->start(); });
  }
}

void ThreadedServer::stop() {
  std::call_once(stopped_, [this] {
    context_.stopping = true;
    threads_.front()->gate()->post([this] { listener_.close(); });
    const auto code = context_.draining ? CloseCode::service_restart : CloseCode::going_away;
    on_each_connection([code](Connection& connection) { connection.shut_down(code); });
    context_.sockets.wait_for_none(stop_patience);
    on_each_connection([](Connection& connection) { connection.abort(); });
    for (const auto& thread : threads_) thread->finish();
    for (const auto& thread : threads_) thread->join();
  });
}

template <class Act>
void ThreadedServer::on_each_connection(Act act) {
  for (const auto& thread : threads_) {
    thread->gate()->post([&thread = *thread, act] {
      for (const auto& connection : thread.connections()) act(*connection);
    });
  }
}

}  // namespace

Result<std::unique_ptr<Server>> start_server(ServerOptions options, HttpHandler handler,
                                             SessionSink* sink, const Authenticator* authenticator,
                                             const Clock& clock) {
  ANABRANCH_CHECK(!options.sessions || (sink != nullptr && authenticator != nullptr));
  auto server = std::make_unique<ThreadedServer>(std::move(options), std::move(handler), sink,
                                                 authenticator, clock);
  if (auto started = server->start(); !started) return tl::unexpected(started.error());
  return server;
}

}  // namespace anabranch::transport
