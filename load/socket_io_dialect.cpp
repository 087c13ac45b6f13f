#include "load/dialect.h"
#include "load/update_text.h"

namespace anabranch::load {

namespace {

using Kind = Incoming::Kind;

constexpr std::string_view event_begin = R"(42["dashboard.state.)";

/// A packet of Engine.IO 4: its kind, and where that is a message, one of Socket.IO's 5th protocol.
Incoming read_packet(std::string_view text) {
  if (text.starts_with(event_begin)) {
    switch (text[event_begin.size()]) {
      case 's':
        return {Kind::delivery, number_after(text, R"("value":{"n":)"), true, text};
      case 'e':
        return {Kind::error, 0, true, text};
      case 'f':
        return {Kind::state, 0, true, text};
      default:
        return {Kind::other, 0, true, text};
    }
  }
  if (text.starts_with("43")) {
    return {Kind::ack, number_after(text, "43"),
            text.find(R"("applied":true)") != std::string_view::npos, text};
  }
  if (text.starts_with("40")) return {Kind::ready, 0, true, text};
  if (text.starts_with("44")) return {Kind::refused, 0, true, text};
  if (text.starts_with('0')) return {Kind::greeting, 0, true, text};
  if (text == "2") return {Kind::ping, 0, true, text};
  return {Kind::other, 0, true, text};
}

class SocketIoDialect final : public Dialect {
 public:
  std::string_view subprotocol() const override { return {}; }
  bool token_in_upgrade() const override { return false; }

  std::string answer(Kind kind, std::string_view token) const override {
    if (kind == Kind::greeting) return R"(40{"token":")" + std::string(token) + R"("})";
    return kind == Kind::ping ? "3" : "";
  }

  void read(std::string_view frame, IncomingSink& sink) const override {
    sink.take(read_packet(frame));
  }

  std::string update_pattern(std::size_t device, std::size_t value_bytes) const override {
    return R"(42#["dashboard.state.update",{"path":"bench.d)" + std::to_string(device) +
           R"(.p@","value":)" + value_pattern(value_bytes) + R"(,"sourceTabId":"bench-tab-)" +
           std::to_string(device) + R"("}])";
  }

  std::string batch(std::size_t device, std::size_t value_bytes, std::uint64_t stamp,
                    std::size_t first_path, std::size_t count) const override {
    UpdateText item(R"({"path":"bench.d)" + std::to_string(device) + R"(.p@","value":)" +
                    value_pattern(value_bytes) + '}');
    std::string text = "42" + std::to_string(stamp) + R"(["dashboard.state.batch",{"updates":[)";
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      text += item.with(stamp, first_path + i);
    }
    return text + "]}]";
  }

  /// Such a server knows no cursors: whoever comes back gets everything.
  std::string request(std::string_view) const override {
    return R"(42["dashboard.state.request",{}])";
  }
};

}  // namespace

const Dialect& socket_io_dialect() {
  static const SocketIoDialect dialect;
  return dialect;
}

}  // namespace anabranch::load
