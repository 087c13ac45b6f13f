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

bool Rooms::open(Session session) {
  std::vector<SessionId>& room = by_user_[session.user];
  if (room.size() >= max_per_user_) return false;
  const SessionId id = session.connection->id();
  room.push_back(id);
  sessions_.emplace(id, std::move(session));
  return true;
}

void Rooms::close(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto room = by_user_.find(found->second.user);
  std::erase(room->second, id);
  if (room->second.empty()) by_user_.erase(room);
  sessions_.erase(found);
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
  const bool nobody_else = except && room->second.size() == 1 && room->second.front() == *except;
  if (nobody_else) return 0;
  std::size_t sessions = 0;
  for (const wire::ClientEvent& event : events) {
    const transport::Frame frame = encode(event);
    sessions = 0;
    for (const SessionId id : room->second) {
      if (id == except) continue;
      sessions_.at(id).connection->send(frame, timing_of(Of::sync, read_ns));
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
  for (const SessionId id : room->second) {
    sessions_.at(id).connection->close(transport::CloseCode::service_restart,
                                       "the state was mended: resume");
  }
}

transport::Frame Rooms::encode(const wire::ClientEvent& event) const {
  return std::make_shared<const std::string>(wire::encode(event, cursors_));
}

}  // namespace anabranch::node
