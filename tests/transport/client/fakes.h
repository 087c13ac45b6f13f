#pragma once

#include "base/clock.h"
#include "tests/transport/client/certificate_maker.h"
#include "tests/transport/client/test_client.h"
#include "transport/client/server.h"
#include "transport/client/session_journal.h"
#include "transport/client/sessions.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace anabranch::transport {

/// Real wall time, and a monotonic time that stands still.
class TestClock final : public Clock {
 public:
  Now now() const override;
};

/// Takes "NAME" as NAME's token for an hour, "NAME@MS" as one that expires in MS milliseconds,
/// "NAME@never" as one that lasts as long as an integer can tell. Refuses "bad" and "".
class FakeAuthenticator final : public Authenticator {
 public:
  Result<Identity> verify(std::string_view token) const override;
};

/// Stands for the node: records what comes, answers with small texts.
class FakeSink final : public SessionSink {
 public:
  void on_open(std::shared_ptr<ClientConnection> connection, const Identity& identity) override;
  void on_write(SessionId session, wire::WriteRequest request, std::int64_t read_ns) override;
  void on_request(SessionId session, wire::StateRequest request) override;
  void on_answer(SessionId session, wire::ClientEvent event) override;
  void on_close(SessionId session) override;

  /// Writes stay without an answer from now on.
  void hold_answers() { holding_ = true; }

  /// Waits, for 30 s at most, until `done` holds of this sink. `done` is called under the lock.
  bool wait_until(const std::function<bool()>& done);
  bool wait_for_closes(std::size_t count);
  bool wait_for_writes(std::size_t count);

  std::size_t opens() const;
  std::size_t writes() const;
  std::size_t closes() const;
  /// The user, and the id of each write, in the order in which they came.
  std::vector<std::string> log() const;
  /// The connection opened last; waits for the first.
  std::shared_ptr<ClientConnection> connection();

 private:
  std::shared_ptr<ClientConnection> find(SessionId session);
  void record(std::string line);

  std::atomic<bool> holding_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<SessionId, std::shared_ptr<ClientConnection>> open_;
  std::shared_ptr<ClientConnection> last_;
  std::vector<std::string> log_;
  std::size_t opens_ = 0;
  std::size_t writes_ = 0;
  std::size_t closes_ = 0;
};

/// By what a server of these tests is known over TLS, where nothing else is said: made once.
const CertificatePair& test_certificate();
std::shared_ptr<const TlsContext> tls_context_of(const CertificatePair& pair);

/// Those of a server on a free port that takes WebSocket clients.
ServerOptions server_options(const std::function<void(SessionOptions&)>& adjust = nullptr);
/// Keeps what it is told as lines, without the numbers of connections.
class FakeJournal final : public SessionJournal {
 public:
  void on_upgrade_refused(UpgradeRefusal reason) override;
  void on_upgraded(SessionId connection) override;
  void on_authenticated(SessionId connection, std::string_view user) override;
  void on_authentication_failed(SessionId connection, std::string_view user,
                                std::string_view why) override;
  void on_ended(const ConnectionEnd& end) override;

  /// Waits, for 30 s at most, until there are so many.
  std::vector<std::string> lines(std::size_t count);
  /// The end told last.
  ConnectionEnd end() const;

 private:
  void record(std::string line);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  ConnectionEnd end_;
};

/// A server on a free port, with fakes around it.
struct TestServer {
  /// `adjust` may change the options before the server starts.
  explicit TestServer(const std::function<void(SessionOptions&)>& adjust = nullptr,
                      HttpHandler handler = nullptr);
  explicit TestServer(ServerOptions options, HttpHandler handler = nullptr);

  std::uint16_t port() const { return server->port(); }

  TestClock clock;
  FakeAuthenticator authenticator;
  FakeSink sink;
  FakeJournal journal;
  std::unique_ptr<Server> server;
};

/// A client that has authenticated by header and has read its auth.ok.
std::unique_ptr<TestClient> connect_as(const TestServer& server, const std::string& token);

Frame frame_of(std::string_view text, FrameTiming timing = {});

/// A write that asks for an ack under `id`.
std::string update(int id);

/// "code" of an error event; the whole text where it is not one.
std::string error_code(const std::string& event);

}  // namespace anabranch::transport
