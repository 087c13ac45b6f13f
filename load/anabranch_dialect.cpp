#include "load/dialect.h"
#include "load/update_text.h"

namespace anabranch::load {

namespace {

using Kind = Incoming::Kind;

constexpr std::string_view envelope_begin = R"({"event":")";
constexpr std::string_view state_event = "dashboard.state.";

/// The node's texts are machine-made, with their members always in the same order.
Incoming read_envelope(std::string_view text) {
  std::string_view name = text.substr(envelope_begin.size());
  if (!name.starts_with(state_event)) {
    return {name.starts_with("auth.ok") ? Kind::ready : Kind::other, 0, true, text};
  }
  name.remove_prefix(state_event.size());
  switch (name.front()) {
    case 's':
      return {Kind::delivery, number_after(text, R"("value":{"n":)"), true, text};
    case 'a':
      return {Kind::ack, number_after(text, R"("id":)"),
              text.find(R"("applied":true)") != std::string_view::npos, text};
    case 'e':
      return {Kind::error, 0, true, text};
    case 'f':
    case 'd':
      return {Kind::state, 0, true, text};
    default:
      return {Kind::other, 0, true, text};
  }
}

class AnabranchDialect final : public Dialect {
 public:
  std::string_view subprotocol() const override { return "anabranch.v1.json"; }
  bool token_in_upgrade() const override { return true; }
  std::string answer(Kind, std::string_view) const override { return {}; }

  /// A frame is an envelope or an array of them. What this program writes holds no text that looks
  /// like the begin of another one.
  void read(std::string_view frame, IncomingSink& sink) const override {
    if (frame.starts_with(envelope_begin)) return sink.take(read_envelope(frame));
    std::size_t at = frame.find(envelope_begin);
    while (at != std::string_view::npos) {
      const std::size_t next = frame.find(envelope_begin, at + envelope_begin.size());
      sink.take(read_envelope(frame.substr(at, next - at)));
      at = next;
    }
  }

  std::string update_pattern(std::size_t device, std::size_t value_bytes) const override {
    return R"({"event":"dashboard.state.update","payload":{"path":"bench.d)" +
           std::to_string(device) + R"(.p@","value":)" + value_pattern(value_bytes) +
           R"(,"sourceTabId":"bench-tab-)" + std::to_string(device) + R"(","id":#}})";
  }

  std::string batch(std::size_t device, std::size_t value_bytes, std::uint64_t stamp,
                    std::size_t first_path, std::size_t count) const override {
    UpdateText item(R"({"path":"bench.d)" + std::to_string(device) + R"(.p@","value":)" +
                    value_pattern(value_bytes) + '}');
    std::string text = R"({"event":"dashboard.state.batch","payload":{"updates":[)";
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      text += item.with(stamp, first_path + i);
    }
    return text + R"(],"id":)" + std::to_string(stamp) + "}}";
  }

  std::string request(std::string_view cursor) const override {
    if (cursor.empty()) return R"({"event":"dashboard.state.request","payload":{}})";
    return R"({"event":"dashboard.state.request","payload":{"cursor":")" + std::string(cursor) +
           R"("}})";
  }
};

}  // namespace

const Dialect& anabranch_dialect() {
  static const AnabranchDialect dialect;
  return dialect;
}

std::uint64_t number_after(std::string_view text, std::string_view key) {
  std::size_t at = text.find(key);
  if (at == std::string_view::npos) return 0;
  std::uint64_t number = 0;
  for (at += key.size(); at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  return number;
}

std::string_view string_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.rfind(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  if (!text.starts_with('"')) return {};
  return text.substr(1, text.find('"', 1) - 1);
}

}  // namespace anabranch::load
