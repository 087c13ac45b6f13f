#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
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

/// What a client wants of TLS.
struct TlsTerms {
  std::string trusted;         ///< the certificate, in PEM, that the server must have
  std::string protocols = {};  ///< to offer by ALPN, each after a byte with its length
  int version = 0;             ///< the only one that it speaks (TLS1_2_VERSION …); 0: any
  std::string session = {};    ///< of TestClient::session, to be resumed
};

/// True where TestServer and TestClient are to meet over TLS: the tests of plain connections are
/// run a second time so.
bool over_tls();

/// A blocking HTTP and WebSocket client, written without the libraries that the server uses (but
/// for OpenSSL), and free to break every rule. Calls that wait for more than 30 s throw.
class TestClient {
 public:
  /// `receive_buffer`: the socket's, in bytes; 0 leaves it to the system.
  explicit TestClient(std::uint16_t port, int receive_buffer = 0);
  /// Over TLS; throws where the handshake fails.
  TestClient(std::uint16_t port, const TlsTerms& terms, int receive_buffer = 0);
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
  std::string read_to_end();
  bool ended();  ///< waits for the end; false when bytes come instead

  // Over TLS:

  bool was_told_of_end() const;  ///< the server has said that nothing more comes (close_notify)
  bool resumed() const;
  std::string version() const;   ///< "TLSv1.3"
  std::string protocol() const;  ///< agreed on by ALPN; empty: none
  void renew_keys();             ///< of both directions (TLS 1.3)
  std::string session() const;   ///< after the first bytes have come

  static constexpr unsigned continuation_opcode = 0;
  static constexpr unsigned text_opcode = 1;
  static constexpr unsigned binary_opcode = 2;
  static constexpr unsigned close_opcode = 8;
  static constexpr unsigned ping_opcode = 9;
  static constexpr unsigned pong_opcode = 10;

 private:
  struct Tls;

  void connect_socket(std::uint16_t port, int receive_buffer);
  void begin_tls(const TlsTerms& terms);
  bool fill();
  bool take(std::size_t count, std::string& out);

  int socket_ = -1;
  std::unique_ptr<Tls> tls_;
  std::string inbox_;
};

}  // namespace anabranch::transport
