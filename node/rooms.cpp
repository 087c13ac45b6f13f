#include "node/rooms.h"

#include "wire/client_json.h"
#include "wire/limits.h"

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
  if (room.sessions.size() >= max_per_user_) return false;
  const SessionId id = connection->id();
  const auto opened = sessions_.try_emplace(id, Session{std::move(connection), name, room, number});
  room.sessions.push_back(&opened.first->second);
  return true;
}

void Rooms::close(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const auto room = by_user_.find(found->second.user);
  std::erase(room->second.sessions, &found->second);
  sessions_.erase(found);
  if (room->second.sessions.empty()) by_user_.erase(room);
}

bool Rooms::hears(const UserId& user, std::optional<SessionId> but) const {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return false;
  const std::vector<const Session*>& sessions = found->second.sessions;
  return sessions.size() > 1 || !but || sessions.front()->connection->id() != *but;
}

const Rooms::Session* Rooms::find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void Rooms::send(SessionId id, const std::vector<wire::ClientEvent>& events, std::int64_t read_ns) {
  const Session* session = find(id);
  if (!session) return;
  Room& room = session->room;
  if (room.kept && room.kept->except != id) flush(room);
  for (const wire::ClientEvent& event : events) {
    const bool is_timed = read_ns != 0 && std::holds_alternative<wire::Ack>(event);
    auto encoded = std::make_shared<transport::EncodedEvents>();
    add(*encoded, event, timing_of(Of::ack, is_timed ? read_ns : 0));
    session->connection->send(std::move(encoded));
  }
}

std::size_t Rooms::deliver(const UserId& user, std::optional<SessionId> except,
                           const std::vector<wire::ClientEvent>& events, std::int64_t read_ns) {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return 0;
  Room& room = found->second;
  const Session* const left_out = except ? find(*except) : nullptr;
  const bool leaves_one_out = left_out && &left_out->room == &room;
  const std::size_t sessions = room.sessions.size() - (leaves_one_out ? 1 : 0);
  if (sessions == 0) return 0;
  for (const wire::ClientEvent& event : events) {
    Kept& kept = keep(room, leaves_one_out ? except : std::nullopt);
    add(*kept.events, event, timing_of(Of::sync, read_ns));
    if (kept.events->size() > wire::max_array_bytes) send_all_but_last(room);
    read_ns = 0;  // what stands below the write follows it
  }
  return sessions;
}

Rooms::Kept& Rooms::keep(Room& room, std::optional<SessionId> except) {
  if (room.kept && room.kept->except != except) flush(room);
  if (!room.kept) {
    room.kept.reset(new Kept{except, std::make_shared<transport::EncodedEvents>()});
    keeping_.push_back(&room);
  }
  return *room.kept;
}

void Rooms::send_all_but_last(Room& room) {
  if (room.kept->events->count() == 1) return;
  const auto except = room.kept->except;
  auto last = std::make_shared<transport::EncodedEvents>(room.kept->events->take_last());
  flush(room);
  keep(room, except).events = std::move(last);
}

void Rooms::flush() {
  for (Room* room : keeping_) flush(*room);
  keeping_.clear();
}

void Rooms::flush(Room& room) {
  if (!room.kept) return;
  const Kept kept = std::move(*std::exchange(room.kept, nullptr));
  for (const Session* session : room.sessions) {
    if (kept.except && session->connection->id() == *kept.except) continue;
    session->connection->send(kept.events);
  }
}

void Rooms::dismiss(const UserId& user) {
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return;
  flush(found->second);
  for (const Session* session : found->second.sessions) {
    session->connection->close(transport::CloseCode::service_restart,
                               "the state was mended: resume");
  }
}

void Rooms::add(transport::EncodedEvents& events, const wire::ClientEvent& event,
                transport::FrameTiming timing) const {
  events.add(timing, [&](std::string& text) { wire::encode_to(text, event, cursors_); });
}

std::size_t Rooms::queued_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, session] : sessions_) bytes += session.connection->queued_bytes();
  return bytes;
}

}  // namespace anabranch::node
