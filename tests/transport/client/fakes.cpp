#include "tests/transport/client/fakes.h"

#include "transport/client/auth_ok.h"
#include "wire/client_json.h"

#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

namespace anabranch::transport {
namespace {

constexpr std::chrono::seconds patience{30};

std::string encode(const wire::ClientEvent& event) {
  return wire::encode(event, wire::CursorCodec({}, "test"));
}

}  // namespace

Now TestClock::now() const { return {SystemClock().now().wall_ms, 1000}; }

Result<Identity> FakeAuthenticator::verify(std::string_view token) const {
  if (token.empty() || token == "bad") return fail(Errc::refused, "the token is bad");
  const std::size_t at = token.find('@');
  const std::string lifetime(at == std::string_view::npos ? "3600000" : token.substr(at + 1));
  Identity identity;
  identity.user = token.substr(0, at);
  identity.expires_at_ms = lifetime == "never" ? std::numeric_limits<std::int64_t>::max()
                                               : TestClock().now().wall_ms + std::stoll(lifetime);
  return identity;
}

void FakeSink::on_open(std::shared_ptr<ClientConnection> connection, const Identity& identity) {
  {
    const std::lock_guard lock(mutex_);
    ++opens_;
    open_[connection->id()] = connection;
    last_ = connection;
  }
  connection->send(frame_of(encode(make_auth_ok({}, identity, TestClock().now()))));
  record("open " + identity.user);
}

void FakeSink::on_write(SessionId session, wire::WriteRequest request, std::int64_t read_ns) {
  const std::string id = request.id ? request.id->json : "-";
  if (!holding_) {
    const auto connection = find(session);
    connection->send(frame_of("ack " + id, {FrameTiming::Of::ack, read_ns}));
    connection->answered(1);
  }
  {
    const std::lock_guard lock(mutex_);
    ++writes_;
  }
  record("write " + id);
}

void FakeSink::on_request(SessionId session, wire::StateRequest) {
  const auto connection = find(session);
  connection->send(frame_of("state"));
  connection->answered(1);
  record("request");
}

void FakeSink::on_answer(SessionId session, wire::ClientEvent event) {
  const auto connection = find(session);
  connection->send(frame_of(encode(event)));
  connection->answered(1);
  record("answer");
}

void FakeSink::on_close(SessionId session) {
  {
    const std::lock_guard lock(mutex_);
    if (open_.erase(session) != 1) throw std::logic_error("closed what was not open");
    ++closes_;
  }
  record("close");
}

bool FakeSink::wait_until(const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, done);
}

bool FakeSink::wait_for_closes(std::size_t count) {
  return wait_until([&] { return closes_ >= count; });
}

bool FakeSink::wait_for_writes(std::size_t count) {
  return wait_until([&] { return writes_ >= count; });
}

std::size_t FakeSink::opens() const {
  const std::lock_guard lock(mutex_);
  return opens_;
}

std::size_t FakeSink::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

std::size_t FakeSink::closes() const {
  const std::lock_guard lock(mutex_);
  return closes_;
}

std::vector<std::string> FakeSink::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::shared_ptr<ClientConnection> FakeSink::connection() {
  wait_until([&] { return last_ != nullptr; });
  const std::lock_guard lock(mutex_);
  return last_;
}

std::shared_ptr<ClientConnection> FakeSink::find(SessionId session) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(session);
  if (found == open_.end()) throw std::logic_error("a call for a session that is not open");
  return found->second;
}

void FakeSink::record(std::string line) {
  const std::lock_guard lock(mutex_);
  log_.push_back(std::move(line));
  changed_.notify_all();
}

const CertificatePair& test_certificate() {
  static const CertificatePair pair = make_certificate();
  return pair;
}

std::shared_ptr<const TlsContext> tls_context_of(const CertificatePair& pair) {
  auto made = TlsContext::make(pair.certificate, pair.key, SystemClock().now().wall_ms);
  if (!made) throw std::runtime_error(made.error().problem);
  return *made;
}

void FakeJournal::on_upgrade_refused(UpgradeRefusal reason) {
  record("refused: " + std::string(to_string(reason)));
}

void FakeJournal::on_upgraded(SessionId) { record("upgraded"); }

void FakeJournal::on_authenticated(SessionId, std::string_view user) {
  record("authenticated: " + std::string(user));
}

void FakeJournal::on_authentication_failed(SessionId, std::string_view user, std::string_view why) {
  record("failed: " + std::string(user) + ": " + std::string(why));
}

void FakeJournal::on_ended(const ConnectionEnd& end) {
  {
    const std::lock_guard lock(mutex_);
    end_ = end;
    end_.user = end_.reason = {};
  }
  static constexpr const char* by[] = {"node", "client", "nobody"};
  record("ended: " + std::string(end.user) + ": " + std::to_string(end.code) + " by " +
         by[static_cast<std::size_t>(end.by)] + ": " + std::string(end.reason));
}

std::vector<std::string> FakeJournal::lines(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(30), [&] { return lines_.size() >= count; });
  return lines_;
}

ConnectionEnd FakeJournal::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void FakeJournal::record(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

ServerOptions server_options(const std::function<void(SessionOptions&)>& adjust) {
  auto sessions = std::make_shared<SessionOptions>();
  sessions->node = "eu";
  sessions->region = "eu-west";
  if (adjust) adjust(*sessions);
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.sessions = std::move(sessions);
  if (over_tls()) options.tls = tls_context_of(test_certificate());
  return options;
}

TestServer::TestServer(const std::function<void(SessionOptions&)>& adjust, HttpHandler handler)
    : TestServer(server_options(adjust), std::move(handler)) {}

TestServer::TestServer(ServerOptions options, HttpHandler handler) {
  options.journal = &journal;
  auto started = start_server(std::move(options), std::move(handler), &sink, &authenticator, clock);
  if (!started) throw std::runtime_error(started.error().message);
  server = std::move(*started);
}

std::unique_ptr<TestClient> connect_as(const TestServer& server, const std::string& token) {
  auto client = std::make_unique<TestClient>(server.port());
  const HttpReply reply = client->upgrade("Authorization: Bearer " + token + "\r\n");
  if (reply.status != 101) throw std::runtime_error("no upgrade: " + reply.body);
  client->receive_text();
  return client;
}

Frame frame_of(std::string_view text, FrameTiming timing) {
  return std::make_shared<const EncodedEvents>(text, timing);
}

std::string update(int id) {
  return R"({"event":"dashboard.state.update","payload":{"path":"a","value":1,"id":)" +
         std::to_string(id) + "}}";
}

std::string error_code(const std::string& event) {
  constexpr std::string_view key = R"("code":")";
  const std::size_t at = event.find(key);
  if (at == std::string::npos) return event;
  const std::size_t first = at + key.size();
  return event.substr(first, event.find('"', first) - first);
}

}  // namespace anabranch::transport
