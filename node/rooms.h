#pragma once

#include "base/ids.h"
#include "cluster/audience.h"
#include "transport/client/sessions.h"
#include "wire/client_messages.h"
#include "wire/cursor.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace anabranch::node {

/// Who is connected, user by user, and what goes to whom. An event is encoded once, however many
/// connections it goes to, and what is delivered to a user in one go costs each of them one call.
/// One thread at a time (the replica's).
class Rooms final : public cluster::Audience {
  struct Room;

 public:
  /// What is known of a connected session. There are many, so it is little.
  struct Session {
    std::shared_ptr<transport::ClientConnection> connection;
    const UserId& user;
    Room& room;
    std::uint64_t number = 0;

    /// Stands in where a write names no sourceTabId.
    std::string tab() const { return "connection-" + ReplicaId{number}.to_string(); }
  };

  Rooms(std::size_t max_per_user, const wire::CursorCodec& cursors)
      : max_per_user_(max_per_user), cursors_(cursors) {}

  /// `number`: a random one. False when the user has as many connections as one may have; nothing
  /// is changed then.
  bool open(std::shared_ptr<transport::ClientConnection> connection, const UserId& user,
            std::uint64_t number);
  void close(SessionId id);

  bool hears(const UserId& user, std::optional<SessionId> but) const override;

  /// Null for a session that is gone or was never let in.
  const Session* find(SessionId id) const;

  /// To one session; those that are gone are passed over. `read_ns`: when the frame that is
  /// answered had been read, where its ack is to be timed; else 0.
  void send(SessionId id, const std::vector<wire::ClientEvent>& events, std::int64_t read_ns = 0);
  /// To all of a user's sessions but one: to how many. It is kept back until `flush`, or until
  /// something else follows it to one of them. `read_ns`: as above, for the first event.
  std::size_t deliver(const UserId& user, std::optional<SessionId> except,
                      const std::vector<wire::ClientEvent>& events, std::int64_t read_ns = 0);
  /// Sends what is kept back. To be called soon after `deliver`, before anything is opened or
  /// closed.
  void flush();

  /// Closes all of a user's sessions with 1012: they come back and resume.
  void dismiss(const UserId& user);

  std::size_t sessions() const { return sessions_.size(); }
  std::size_t users() const { return by_user_.size(); }
  /// What waits to be sent to all sessions. Looks at each of them.
  std::size_t queued_bytes() const;

 private:
  /// Events that go to all sessions of a room but one.
  struct Kept {
    std::optional<SessionId> except;
    std::shared_ptr<transport::EncodedEvents> events;
  };
  /// A user's sessions.
  struct Room {
    std::vector<const Session*> sessions;  ///< of sessions_
    std::unique_ptr<Kept> kept;            ///< null where there is nothing
  };

  Kept& keep(Room& room, std::optional<SessionId> except);
  void send_all_but_last(Room& room);
  void flush(Room& room);
  void add(transport::EncodedEvents& events, const wire::ClientEvent& event,
           transport::FrameTiming timing) const;

  std::size_t max_per_user_;
  const wire::CursorCodec& cursors_;
  std::map<SessionId, Session> sessions_;
  std::unordered_map<UserId, Room> by_user_;  ///< asked with each write
  std::vector<Room*>
      keeping_;  ///< of by_user_: those that have kept something since the last flush
};

}  // namespace anabranch::node
