#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anabranch::load {

/// One event out of a frame that a server sent. The text is good only while it is looked at.
struct Incoming {
  enum class Kind {
    other,
    greeting,  ///< the connection is up, and is not authenticated yet
    ping,      ///< to be answered, where pings are messages
    ready,     ///< authenticated
    refused,   ///< the token is not taken
    ack,
    delivery,
    state,  ///< the answer to a request
    error,
  };
  Kind kind = Kind::other;
  std::uint64_t stamp = 0;  ///< of an ack or a delivery; 0 where it is not of this run's making
  bool applied = true;      ///< of an ack
  std::string_view text;
};

class IncomingSink {
 public:
  virtual void take(const Incoming& incoming) = 0;

 protected:
  ~IncomingSink() = default;
};

/// How servers of one kind are spoken to. Reads no more of what they say than is counted. Safe from
/// any thread.
class Dialect {
 public:
  virtual ~Dialect() = default;

  /// The WebSocket subprotocol to ask for; empty: none.
  virtual std::string_view subprotocol() const = 0;
  /// Whether the token goes with the upgrade request.
  virtual bool token_in_upgrade() const = 0;
  /// What is sent in answer to a greeting or a ping; empty: nothing.
  virtual std::string answer(Incoming::Kind kind, std::string_view token) const = 0;

  virtual void read(std::string_view frame, IncomingSink& sink) const = 0;

  /// For UpdateText: writes the paths of device number `device`.
  virtual std::string update_pattern(std::size_t device, std::size_t value_bytes) const = 0;
  /// As one write: `count` paths from `first_path` on.
  virtual std::string batch(std::size_t device, std::size_t value_bytes, std::uint64_t stamp,
                            std::size_t first_path, std::size_t count) const = 0;
  /// Asks for the state, where `cursor` is not empty for what it misses.
  virtual std::string request(std::string_view cursor) const = 0;
};

const Dialect& anabranch_dialect();
/// Socket.IO 4 over WebSocket, for comparisons: the same events, acked by Socket.IO's own acks.
const Dialect& socket_io_dialect();

// Reading an event's text.

/// The digits after the first `key` in `text`, e.g. of R"("n":)"; 0 where there are none.
std::uint64_t number_after(std::string_view text, std::string_view key);
/// The string after the last `key` in `text`, which must hold no escapes; empty where there is
/// none.
std::string_view string_after(std::string_view text, std::string_view key);

}  // namespace anabranch::load
