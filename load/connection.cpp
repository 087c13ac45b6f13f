#include "load/connection.h"

#include "load/socket_stream_detail.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace anabranch::load {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

/// A whole state may come in one message.
constexpr std::size_t max_message_bytes = std::size_t{1} << 30;
constexpr std::size_t kept_buffer_bytes = 64 << 10;

class SharedSettings final : public ConnectionSettings {
 public:
  asio::ssl::context tls{asio::ssl::context::tls_client};
};

class WebsocketConnection final : public Connection,
                                  public std::enable_shared_from_this<WebsocketConnection> {
 public:
  WebsocketConnection(EventLoop& loop, asio::ssl::context* tls, const Endpoint& endpoint,
                      Upgrade upgrade, ConnectionEvents& events)
      : endpoint_(endpoint),
        upgrade_(std::move(upgrade)),
        events_(&events),
        socket_(loop.context(), tls) {}

  void open();

  void write(std::string_view text) override;
  void flush() override { stream().flush(); }
  std::size_t unsent_bytes() const override { return socket_.next_layer().unsent_bytes(); }
  void abort() override;

 private:
  SocketStream& stream() { return socket_.next_layer(); }
  void on_connected(ErrorCode error);
  void upgrade();
  void on_upgraded(ErrorCode error);
  void read();
  void on_read(ErrorCode error);
  void fail_with(const std::string& what);
  std::string words_for(ErrorCode error) const;

  const Endpoint endpoint_;
  const Upgrade upgrade_;
  ConnectionEvents* events_;  // none once it has ended
  websocket::stream<SocketStream> socket_;
  websocket::response_type response_;
  beast::flat_buffer inbox_;
};

void WebsocketConnection::open() {
  stream().belong_to(weak_from_this());
  ErrorCode error;
  const auto address = asio::ip::make_address(endpoint_.address, error);
  stream().socket().async_connect(
      {address, endpoint_.port},
      [self = shared_from_this()](ErrorCode failed) { self->on_connected(failed); });
}

void WebsocketConnection::on_connected(ErrorCode error) {
  if (events_ == nullptr) return;
  if (error) return fail_with("cannot connect: " + error.message());
  error = stream().socket().set_option(asio::ip::tcp::no_delay(true), error);
  stream().handshake(endpoint_.host, [self = shared_from_this()](ErrorCode failed) {
    if (failed) return self->fail_with("no TLS: " + failed.message());
    self->upgrade();
  });
}

void WebsocketConnection::upgrade() {
  if (events_ == nullptr) return;
  using Base = websocket::stream_base;
  socket_.set_option(Base::timeout{Base::none(), Base::none(), false});
  socket_.set_option(Base::decorator([this](websocket::request_type& request) {
    if (!upgrade_.token.empty()) {
      request.set(http::field::authorization, "Bearer " + upgrade_.token);
    }
    if (!upgrade_.subprotocol.empty()) {
      request.set(http::field::sec_websocket_protocol, upgrade_.subprotocol);
    }
  }));
  socket_.read_message_max(max_message_bytes);
  socket_.auto_fragment(false);
  // Masks guard proxies from web pages; nobody is guarded from a load generator.
  socket_.secure_prng(false);
  const std::string host = endpoint_.host + ':' + std::to_string(endpoint_.port);
  socket_.async_handshake(
      response_, host, endpoint_.target,
      [self = shared_from_this()](ErrorCode error) { self->on_upgraded(error); });
}

void WebsocketConnection::on_upgraded(ErrorCode error) {
  if (events_ == nullptr) return;
  if (error == websocket::error::upgrade_declined) {
    return fail_with("refused with HTTP " + std::to_string(response_.result_int()) + ": " +
                     response_.body());
  }
  if (error) return fail_with("no WebSocket: " + error.message());
  response_ = {};
  events_->on_open();
  read();
}

void WebsocketConnection::read() {
  socket_.async_read(
      inbox_, [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_read(error); });
}

void WebsocketConnection::on_read(ErrorCode error) {
  if (events_ == nullptr) return;
  if (error) return fail_with(words_for(error));
  const auto bytes = inbox_.cdata();
  events_->on_text({static_cast<const char*>(bytes.data()), bytes.size()}, stream().received_at());
  inbox_.clear();
  if (inbox_.capacity() > kept_buffer_bytes) inbox_.shrink_to_fit();
  if (events_ != nullptr) read();
}

std::string WebsocketConnection::words_for(ErrorCode error) const {
  if (error != websocket::error::closed) return "the connection broke: " + error.message();
  const auto& reason = socket_.reason();
  return "closed with " + std::to_string(reason.code) + ": " + std::string(reason.reason.c_str());
}

void WebsocketConnection::write(std::string_view text) {
  ErrorCode ignored;  // a connection that broke is found out by reading
  socket_.write(asio::buffer(text), ignored);
}

void WebsocketConnection::fail_with(const std::string& what) {
  if (events_ == nullptr) return;
  ConnectionEvents& events = *std::exchange(events_, nullptr);
  stream().close();
  events.on_closed(what);
}

void WebsocketConnection::abort() {
  events_ = nullptr;
  stream().close();
}

}  // namespace

Result<std::shared_ptr<ConnectionSettings>> ConnectionSettings::make(const TlsSettings* tls) {
  auto settings = std::make_shared<SharedSettings>();
  if (tls == nullptr) return settings;
  ErrorCode error;
  if (tls->ca_file.empty()) {
    error = settings->tls.set_default_verify_paths(error);
  } else {
    error = settings->tls.load_verify_file(tls->ca_file.string(), error);
  }
  if (error) {
    return fail(Errc::invalid_config,
                tls->ca_file.string() + ": holds no certificate that can be read");
  }
  settings->tls.set_verify_mode(tls->verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
  return settings;
}

std::shared_ptr<Connection> open_connection(EventLoop& loop, ConnectionSettings& settings,
                                            const Endpoint& endpoint, const Upgrade& upgrade,
                                            ConnectionEvents& events) {
  asio::ssl::context* tls = endpoint.tls ? &static_cast<SharedSettings&>(settings).tls : nullptr;
  auto connection = std::make_shared<WebsocketConnection>(loop, tls, endpoint, upgrade, events);
  connection->open();
  return connection;
}

}  // namespace anabranch::load
