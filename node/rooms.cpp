#include "node/rooms.h"

#include "wire/client_json.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace anabranch::node {

namespace {

using Of = transport::FrameTiming::Of;

transport::FrameTiming timing_of(Of of, std::int64_t read_ns) {
  return {read_ns == 0 ? Of::nothing : of, read_ns};
}

}  // namespace

bool Rooms::open(std::shared_ptr<transport::ClientConnection> connection, const UserId& user,
                 std::uint64_t number) {
  auto& [name, room] = *by_user_.try_emplace(user).first;
  if (room.size() >= max_per_user_) return false;
  const SessionId id = connection->id();
  const auto opened = sessions_.try_emplace(id, Session{std::move(connection), name, number});
  room.push_back(&opened.first->second);
  return true;
}

void Rooms::close(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto room = by_user_.find(found->second.user);
  std::erase(room->second, &found->second);
  sessions_.erase(found);
  if (room->second.empty()) by_user_.erase(room);
}

const Rooms::Session* Rooms::find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void Rooms::send(SessionId id, const std::vector<wire::ClientEvent>& events, std::int64_t read_ns) {
  const Session* session = find(id);
  if (!session) return;
  for (const wire::ClientEvent& event : events) {
    const bool is_timed = read_ns != 0 && std::holds_alternative<wire::Ack>(event);
    session->connection->send(encode(event), timing_of(Of::ack, is_timed ? read_ns : 0));
  }
}

std::size_t Rooms::deliver(const UserId& user, std::optional<SessionId> except,
                           const std::vector<wire::ClientEvent>& events, std::int64_t read_ns) {
  const auto room = by_user_.find(user);
  if (room == by_user_.end()) return 0;
  const Session* const left_out = except ? find(*except) : nullptr;
  const bool nobody_else = room->second.size() == 1 && room->second.front() == left_out;
  if (nobody_else) return 0;
  std::size_t sessions = 0;
  for (const wire::ClientEvent& event : events) {
    const transport::Frame frame = encode(event);
    sessions = 0;
    for (const Session* session : room->second) {
      if (session == left_out) continue;
      session->connection->send(frame, timing_of(Of::sync, read_ns));
      ++sessions;
    }
    read_ns = 0;  // what stands below the write follows it
  }
  return sessions;
}

std::size_t Rooms::queued_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, session] : sessions_) bytes += session.connection->queued_bytes();
  return bytes;
}

void Rooms::dismiss(const UserId& user) {
  const auto room = by_user_.find(user);
  if (room == by_user_.end()) return;
  for (const Session* session : room->second) {
    session->connection->close(transport::CloseCode::service_restart,
                               "the state was mended: resume");
  }
}

transport::Frame Rooms::encode(const wire::ClientEvent& event) const {
  return std::make_shared<const std::string>(wire::encode(event, cursors_));
}

}  // namespace anabranch::node
