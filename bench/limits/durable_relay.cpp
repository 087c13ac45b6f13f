// The limit that a node is measured against: a relay by hand that does what no node can do without,
// and nothing else. One thread reads all sockets and encodes; another writes what has come to
// RocksDB, all that came during one commit in the next one, with one fsync. Then it is acked and
// delivered. It checks neither tokens nor updates, knows no conflicts, and cannot tell a state.
//
//   bench_relay --port N --directory D
//
// It serves until a signal ends it: what it acked is on disk.

#include "bench/limits/group_commit.h"
#include "bench/limits/relay_group.h"
#include "bench/limits/relay_text.h"
#include "wire/rfc3339.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace anabranch::limits {

struct Session {
  int socket = -1;  ///< -1: closed
  std::uint64_t number = 0;
  Room* room = nullptr;  ///< null: not upgraded yet
  std::string unread;    ///< the begin of a frame or of the upgrade
  std::string unsent;    ///< what the socket has not taken, from unsent_at on
  std::size_t unsent_at = 0;
};

namespace {

/// One that does not read so much is closed.
constexpr std::size_t max_unsent_bytes = 64 << 20;
/// So much is read while one commit runs; then it is waited for.
constexpr std::size_t max_group_bytes = 64 << 20;
constexpr std::size_t read_bytes = 256 << 10;
constexpr int events_at_once = 256;

class Relay {
 public:
  Relay(std::uint16_t port, const std::string& directory);
  [[noreturn]] void run();

 private:
  void watch(int operation, int descriptor, std::uint32_t events, void* owner);
  void accept_session();
  void take(Session& session, std::uint32_t events);
  void receive(Session& session);
  std::size_t read_all(Session& session, char* bytes, std::size_t size);
  std::size_t upgrade(Session& session, std::string_view bytes);
  void take_frame(Session& session, const ClientFrame& frame);
  void add(Session& session, const Update& update);
  void start_commit();
  void finish_commit();
  void deliver(RoomShare& share);
  void send(Session& session, std::string_view bytes);
  void send_unsent(Session& session);
  void keep_unsent(Session& session, std::string_view bytes);
  void close(Session& session);
  void forget_closed();
  void look_at_clock();

  GroupCommit commit_;
  int listener_ = -1;
  int epoll_ = -1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::vector<Session*> closed_;
  std::unordered_map<std::string, Room> rooms_;
  std::unique_ptr<Group> gathering_ = std::make_unique<Group>();
  std::unique_ptr<Group> committing_ = std::make_unique<Group>();
  std::unique_ptr<Group> durable_ = std::make_unique<Group>();
  std::vector<char> inbox_ = std::vector<char>(max_client_frame_bytes + read_bytes);
  Frames composed_;
  std::uint64_t next_session_ = 1;
  std::uint64_t sequence_ = 0;
  std::int64_t time_ms_ = 0;
  std::string timestamp_;
};

void require(bool is_done, const char* what) {
  if (!is_done) throw std::runtime_error(std::string("cannot ") + what);
}

Relay::Relay(std::uint16_t port, const std::string& directory) : commit_(directory) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  require(bind(listener_, name, sizeof address) == 0, "listen on this port");
  require(listen(listener_, SOMAXCONN) == 0, "listen");
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  watch(EPOLL_CTL_ADD, listener_, EPOLLIN, &listener_);
  watch(EPOLL_CTL_ADD, commit_.descriptor(), EPOLLIN, &commit_);
}

void Relay::watch(int operation, int descriptor, std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  require(epoll_ctl(epoll_, operation, descriptor, &event) == 0, "watch a descriptor");
}

void Relay::run() {
  std::array<epoll_event, events_at_once> events;
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), events_at_once, -1);
    require(count >= 0 || errno == EINTR, "wait");
    look_at_clock();
    for (int i = 0; i < count; ++i) {
      void* const owner = events[static_cast<std::size_t>(i)].data.ptr;
      if (owner == &listener_) {
        accept_session();
      } else if (owner == &commit_) {
        if (commit_.is_busy()) finish_commit();
      } else {
        take(*static_cast<Session*>(owner), events[static_cast<std::size_t>(i)].events);
      }
    }
    forget_closed();
    if (!commit_.is_busy()) start_commit();
  }
}

void Relay::look_at_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  if (now_ms == time_ms_) return;
  time_ms_ = now_ms;
  timestamp_.clear();
  wire::append_rfc3339(timestamp_, now_ms);
}

// ---- what comes

void Relay::accept_session() {
  const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return;
  const int yes = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  auto session = std::make_unique<Session>();
  session->socket = descriptor;
  session->number = next_session_++;
  watch(EPOLL_CTL_ADD, descriptor, EPOLLIN, session.get());
  sessions_.emplace(session->number, std::move(session));
}

void Relay::take(Session& session, std::uint32_t events) {
  if (session.socket < 0) return;
  if ((events & EPOLLOUT) != 0) send_unsent(session);
  if (session.socket >= 0 && (events & ~std::uint32_t{EPOLLOUT}) != 0) receive(session);
}

void Relay::receive(Session& session) {
  if (commit_.is_busy() && gathering_->bytes() > max_group_bytes) finish_commit();
  const std::size_t before = session.unread.copy(inbox_.data(), session.unread.size());
  const ssize_t got = recv(session.socket, inbox_.data() + before, inbox_.size() - before, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close(session);
  const std::size_t size = before + static_cast<std::size_t>(got);
  const std::size_t done = read_all(session, inbox_.data(), size);
  if (session.socket < 0) return;
  session.unread.assign(inbox_.data() + done, size - done);
}

/// How much of it was whole.
std::size_t Relay::read_all(Session& session, char* bytes, std::size_t size) {
  std::size_t at = 0;
  if (session.room == nullptr) at = upgrade(session, {bytes, size});
  while (session.room != nullptr && session.socket >= 0 && at < size) {
    const auto frame = read_frame(bytes + at, size - at);
    if (!frame) {
      close(session);
    } else if (frame->bytes == 0) {
      break;
    } else {
      take_frame(session, *frame);
      at += frame->bytes;
    }
  }
  return at;
}

std::size_t Relay::upgrade(Session& session, std::string_view bytes) {
  constexpr std::string_view end_of_request = "\r\n\r\n";
  const std::size_t end = bytes.find(end_of_request);
  if (end == std::string_view::npos) {
    if (bytes.size() > max_client_frame_bytes) close(session);
    return 0;
  }
  const auto upgrade = read_upgrade(bytes.substr(0, end + 2));
  if (!upgrade) {
    send(session, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    close(session);
    return 0;
  }
  Room& room = rooms_[upgrade->user];
  room.user = upgrade->user;
  room.sessions.push_back(&session);
  session.room = &room;
  send(session,
       upgrade->answer + single_frame(ClientFrame::Kind::text, auth_ok(*upgrade, timestamp_)));
  return end + end_of_request.size();
}

void Relay::take_frame(Session& session, const ClientFrame& frame) {
  switch (frame.kind) {
    case ClientFrame::Kind::text:
      if (const auto update = read_update(frame.payload)) add(session, *update);
      return;
    case ClientFrame::Kind::ping:
      return send(session, single_frame(frame.kind, frame.payload));
    case ClientFrame::Kind::close:
      send(session, single_frame(frame.kind, frame.payload));
      return close(session);
    case ClientFrame::Kind::other:
      return;
  }
}

void Relay::add(Session& session, const Update& update) {
  Room& room = *session.room;
  gathering_->add(room, session.number, update, {++room.version, timestamp_, ++sequence_});
}

// ---- what goes

void Relay::start_commit() {
  if (gathering_->is_empty()) return;
  gathering_->for_each_share([](RoomShare& share) { share.room->gathering = nullptr; });
  std::swap(gathering_, committing_);
  commit_.start(committing_->batch());
}

/// The next commit runs while this one's frames leave.
void Relay::finish_commit() {
  commit_.finish();
  std::swap(committing_, durable_);
  start_commit();
  durable_->for_each_share([this](RoomShare& share) { deliver(share); });
  durable_->clear();
}

void Relay::deliver(RoomShare& share) {
  share.syncs.end();
  for (Session* session : share.room->sessions) {
    if (!share.is_writer(session->number)) {
      send(*session, share.syncs.bytes());
    } else {
      compose_for_writer(share, session->number, composed_);
      send(*session, composed_.bytes());
    }
  }
}

void Relay::send(Session& session, std::string_view bytes) {
  if (session.socket < 0 || bytes.empty()) return;
  if (!session.unsent.empty()) return keep_unsent(session, bytes);
  const ssize_t sent = ::send(session.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return close(session);
  bytes.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  if (bytes.empty()) return;
  keep_unsent(session, bytes);
  watch(EPOLL_CTL_MOD, session.socket, EPOLLIN | EPOLLOUT, &session);
}

void Relay::keep_unsent(Session& session, std::string_view bytes) {
  if (session.unsent.size() + bytes.size() > max_unsent_bytes) {
    session.unsent.erase(0, std::exchange(session.unsent_at, 0));
    if (session.unsent.size() + bytes.size() > max_unsent_bytes) return close(session);
  }
  session.unsent += bytes;
}

void Relay::send_unsent(Session& session) {
  const std::string_view bytes = std::string_view(session.unsent).substr(session.unsent_at);
  const ssize_t sent = ::send(session.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) close(session);
    return;
  }
  session.unsent_at += static_cast<std::size_t>(sent);
  if (session.unsent_at < session.unsent.size()) return;
  session.unsent.clear();
  session.unsent_at = 0;
  watch(EPOLL_CTL_MOD, session.socket, EPOLLIN, &session);
}

/// Events that tell of it may still be at hand, and its room be looped over.
void Relay::close(Session& session) {
  if (session.socket < 0) return;
  ::close(std::exchange(session.socket, -1));
  closed_.push_back(&session);
}

void Relay::forget_closed() {
  for (Session* session : closed_) {
    if (session->room != nullptr) std::erase(session->room->sessions, session);
    sessions_.erase(session->number);
  }
  closed_.clear();
}

/// 0 for what is no port.
std::uint16_t read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : std::uint16_t{0};
}

}  // namespace
}  // namespace anabranch::limits

int main(int count, char** arguments) {
  const std::vector<std::string_view> words(arguments + 1, arguments + count);
  const bool is_usage = words.size() == 4 && words[0] == "--port" && words[2] == "--directory";
  const std::uint16_t port = is_usage ? anabranch::limits::read_port(words[1]) : std::uint16_t{0};
  if (port == 0) {
    std::fputs("Usage: bench_relay --port N --directory D\n", stderr);
    return 2;
  }
  try {
    anabranch::limits::Relay(port, std::string(words[3])).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_relay: %s\n", error.what());
    return 1;
  }
}
