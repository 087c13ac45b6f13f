#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace anabranch::transport {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// What a WebSocket client receives: a frame, or the end of the connection.
struct Received {
  enum class Kind { text, binary, close, ping, pong, end };
  Kind kind = Kind::end;
  std::string data;
  int close_code = 0;
  bool compressed = false;
};

/// A blocking HTTP and WebSocket client over a plain socket, written without the libraries that the
/// server uses, and free to break every rule. Calls that wait for more than 30 s throw.
class TestClient {
 public:
  /// `receive_buffer`: the socket's, in bytes; 0 leaves it to the system.
  explicit TestClient(std::uint16_t port, int receive_buffer = 0);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void send_bytes(std::string_view bytes);
  /// `headers`: lines that end in CRLF. `has_body`: the reply has one (not to a HEAD).
  HttpReply request(std::string_view method, std::string_view target, std::string_view headers = "",
                    std::string_view body = "", bool has_body = true);
  HttpReply read_reply(bool has_body = true);

  HttpReply upgrade(std::string_view headers = "", std::string_view target = "/v1/sync");
  void send_text(std::string_view text) { send_frame(text_opcode, text); }
  void send_frame(unsigned opcode, std::string_view payload, bool last = true);

  /// The next frame of any kind. Answers nothing by itself.
  Received receive();
  /// The next text frame's data; pings are answered, anything else throws.
  std::string receive_text();
  /// Drops frames until the close frame, answers it, and waits for the end. Throws where the
  /// connection ends without one.
  Received receive_close();
  void answer_close();
  /// Spreads the reading of the next `bytes` evenly over `duration`.
  void read_slowly(std::chrono::milliseconds duration, std::size_t bytes);
  bool readable_within(std::chrono::milliseconds patience);
  bool ended();  ///< waits for the end; false when bytes come instead

  static constexpr unsigned continuation_opcode = 0;
  static constexpr unsigned text_opcode = 1;
  static constexpr unsigned binary_opcode = 2;
  static constexpr unsigned close_opcode = 8;
  static constexpr unsigned ping_opcode = 9;
  static constexpr unsigned pong_opcode = 10;

 private:
  bool fill();
  bool take(std::size_t count, std::string& out);

  int socket_ = -1;
  std::string inbox_;
};

}  // namespace anabranch::transport
