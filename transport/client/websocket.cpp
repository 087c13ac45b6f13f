#include "transport/client/websocket.h"

#include "base/check.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace anabranch::transport {

namespace websocket = beast::websocket;

namespace {

/// What the first read of a frame makes room for, so that an idle connection holds little.
constexpr std::size_t first_read_bytes = 512;
constexpr std::size_t kept_buffer_bytes = 4096;

http::request<http::empty_body> make_handshake() {
  http::request<http::empty_body> request(http::verb::get, "/", 11);
  request.set(http::field::host, "rested");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::connection, "upgrade");
  request.set(http::field::sec_websocket_key, "AAAAAAAAAAAAAAAAAAAAAA==");
  request.set(http::field::sec_websocket_version, "13");
  return request;
}

/// Beast opens a stream by nothing else. The answer to this one goes nowhere.
const http::request<http::empty_body>& handshake() {
  static const http::request<http::empty_body> request = make_handshake();
  return request;
}

}  // namespace

struct Websocket::Awake {
  explicit Awake(AnyStream layer) : stream(std::move(layer)) {}

  websocket::stream<AnyStream> stream;
  beast::flat_buffer inbox;
};

Websocket::Websocket(AnyStream stream, const Settings& settings, WebsocketOwner& owner)
    : settings_(settings),
      owner_(owner),
      executor_(stream.get_executor()),
      awake_(std::make_unique<Awake>(std::move(stream))) {
  configure();
}

Websocket::~Websocket() = default;

void Websocket::configure() {
  auto& stream = awake_->stream;
  using Base = websocket::stream_base;
  stream.set_option(Base::timeout{Base::none(), Base::none(), false});
  stream.read_message_max(settings_.max_message_bytes);
  stream.auto_fragment(false);
  stream.text(settings_.text);
  // The stream is a member of the owner's, so its callbacks die with it.
  stream.control_callback([this](websocket::frame_type type, beast::string_view) {
    owner_.on_control(type == websocket::frame_type::close);
  });
  stream.next_layer().on_teardown([this] { owner_.on_teardown(); });
  stream.next_layer().begin_frames();
}

void Websocket::accept(const HttpRequest& request, const std::string& protocol,
                       std::chrono::milliseconds timeout, bool more_follows) {
  auto& stream = awake_->stream;
  using Base = websocket::stream_base;
  stream.set_option(Base::timeout{timeout, Base::none(), false});
  if (settings_.compression) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    stream.set_option(deflate);
  }
  if (!protocol.empty()) {
    stream.set_option(Base::decorator([protocol](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, protocol);
    }));
  }
  stream.next_layer().let_next_write_wait(more_follows);
  stream.async_accept(
      request, [owner = owner_.shared_from_this()](ErrorCode error) { owner->on_accepted(error); });
}

// ---- reading

void Websocket::read() {
  if (is_resting()) return;
  const std::size_t limit = awake_->inbox.size() == 0 ? first_read_bytes : 0;
  awake_->stream.async_read_some(
      awake_->inbox, limit,
      [this, owner = owner_.shared_from_this()](ErrorCode error, std::size_t) { on_read(error); });
}

void Websocket::on_read(ErrorCode error) {
  if (!std::exchange(is_going_to_rest_, false)) return owner_.on_read(error);
  if (error == asio::error::operation_aborted) return put_away();
  owner_.on_read(error);
  owner_.on_rested();
}

bool Websocket::has_message() const { return awake_ && awake_->stream.is_message_done(); }

std::string_view Websocket::message() const {
  const auto bytes = awake_->inbox.cdata();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

bool Websocket::is_text() const { return awake_->stream.got_text(); }

void Websocket::drop_message() {
  beast::flat_buffer& inbox = awake_->inbox;
  inbox.clear();
  if (inbox.capacity() > kept_buffer_bytes) inbox.shrink_to_fit();
}

// ---- writing

void Websocket::write(std::string_view text, bool more_follows) {
  be_awake();
  awake_->stream.next_layer().let_next_write_wait(more_follows);
  awake_->stream.async_write(asio::buffer(text),
                             [owner = owner_.shared_from_this()](ErrorCode error, std::size_t) {
                               owner->on_written(error);
                             });
}

void Websocket::ping() {
  be_awake();
  awake_->stream.async_ping({},
                            [owner = owner_.shared_from_this()](ErrorCode) { owner->on_pinged(); });
}

void Websocket::close(const websocket::close_reason& reason) {
  be_awake();
  awake_->stream.next_layer().let_next_write_wait(false);
  awake_->stream.async_close(
      reason, [owner = owner_.shared_from_this()](ErrorCode) { owner->on_close_sent(); });
}

void Websocket::abort() {
  is_going_to_rest_ = false;
  if (is_resting()) return resting_->close();
  awake_->stream.next_layer().close();
}

// ---- resting

void Websocket::rest() {
  if (is_resting() || is_going_to_rest_ || settings_.compression) return;
  if (!awake_->stream.is_open() || !awake_->stream.next_layer().is_quiet()) return;
  is_going_to_rest_ = true;
  awake_->stream.next_layer().cancel_read();
}

/// The read has ended with nothing, and so nothing is pending.
void Websocket::put_away() {
  resting_ = awake_->stream.next_layer().release();
  awake_.reset();
  resting_->wait_readable(std::shared_ptr<Waiter>(owner_.shared_from_this(), this));
  owner_.on_rested();
}

void Websocket::on_readable(ErrorCode error) {
  // It may have woken since to write, or have been cut.
  if (error != asio::error::operation_aborted) be_awake();
}

/// Where it rests, wakes it and lets it read on.
void Websocket::be_awake() {
  if (!is_resting()) return;
  resting_->cancel();
  wake();
  read();
}

void Websocket::wake() {
  awake_ = std::make_unique<Awake>(AnyStream(executor_, std::move(resting_)));
  configure();
  ErrorCode error;
  awake_->stream.accept(handshake(), error);
  ANABRANCH_CHECK(!error);
}

bool Websocket::is_open() const { return is_resting() || awake_->stream.is_open(); }

std::uint64_t Websocket::written() const {
  return is_resting() ? resting_->written() : awake_->stream.next_layer().written();
}

std::uint16_t Websocket::clients_code() const {
  return awake_ ? awake_->stream.reason().code : std::uint16_t{0};
}

std::optional<std::uint16_t> Websocket::close_code_written() const {
  return awake_ ? awake_->stream.next_layer().close_code_written() : std::nullopt;
}

}  // namespace anabranch::transport
