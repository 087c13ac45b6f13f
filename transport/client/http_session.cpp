#include "transport/client/http_session.h"

#include "transport/client/http_request.h"
#include "transport/client/upgrade.h"
#include "transport/client/websocket_session.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace anabranch::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t max_header_bytes = 8 * 1024;
constexpr std::uint64_t max_body_bytes = 64 * 1024;
constexpr std::size_t max_buffer_bytes = 16 * 1024;
/// For an answer to leave, and for the client to hang up afterwards.
constexpr seconds answer_timeout{30};
constexpr seconds teardown_timeout{5};

/// What of a request its answer depends on.
struct AnswerTo {
  unsigned version = 11;
  bool keep_alive = false;
  bool of_head = false;
};

/// The answer to what could not be read as a request; nothing where the client is gone.
std::optional<HttpAnswer> answer_to(ErrorCode error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  if (error == http::error::header_limit) return plain_answer(431, "the header is over 8 KiB");
  if (error == http::error::body_limit) return plain_answer(413, "the body is over 64 KiB");
  if (error.category() != http::make_error_code(http::error::bad_method).category()) {
    return std::nullopt;
  }
  return plain_answer(400, "this is not HTTP");
}

/// One connection that speaks HTTP: a request at a time, in order. The thread's register and each
/// pending operation hold the session.
class HttpSession final : public Connection, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(ServerContext& context, IoThread& thread, AnyStream stream)
      : context_(context), thread_(thread), stream_(std::move(stream)), buffer_(max_buffer_bytes) {}

  void read_request();
  void shut_down(CloseCode) override;
  void abort() override { finish(); }
  void on_deadline() override { finish(); }

 private:
  void on_request(ErrorCode error);
  void ask_handler(HttpQuery query);
  void upgrade(std::string_view path, const HttpRequest& request);
  void answer(HttpAnswer answer);
  void on_answered(ErrorCode error);
  void hang_up();
  void leave();
  void finish();
  void expire_after(milliseconds patience);

  ServerContext& context_;
  IoThread& thread_;
  AnyStream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<HttpResponse> response_;
  AnswerTo answer_to_;
  bool between_requests_ = false;
  bool finished_ = false;
};

void HttpSession::read_request() {
  between_requests_ = true;
  answer_to_ = {};
  response_.reset();
  parser_.emplace();
  parser_->header_limit(max_header_bytes);
  parser_->body_limit(max_body_bytes);
  expire_after(context_.options.request_timeout);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_request(error); });
}

void HttpSession::on_request(ErrorCode error) {
  if (finished_) return;
  between_requests_ = false;
  thread_.call_off(*this);
  if (error) {
    std::optional<HttpAnswer> refusal = answer_to(error);
    return refusal ? answer(std::move(*refusal)) : finish();
  }
  const HttpRequest request = parser_->release();
  answer_to_ = {request.version(), request.keep_alive(), request.method() == http::verb::head};
  std::optional<HttpQuery> query = to_query(request);
  if (!query) return answer(plain_answer(400, "the target is not a path"));
  if (beast::websocket::is_upgrade(request)) return upgrade(query->path, request);
  if (is_sync_path(context_, query->path)) {
    return answer(plain_answer(426, "this path is for WebSocket connections"));
  }
  ask_handler(std::move(*query));
}

void HttpSession::ask_handler(HttpQuery query) {
  if (!context_.handler) return answer(plain_answer(404, "not found"));
  // The session may be gone when the answer comes, and the thread too.
  auto done = [gate = thread_.gate(), weak = weak_from_this()](HttpAnswer given) {
    gate->post([weak, given = std::move(given)]() mutable {
      const auto self = weak.lock();
      if (self && !self->finished_) self->answer(std::move(given));
    });
  };
  context_.handler(std::move(query), std::move(done));
}

void HttpSession::upgrade(std::string_view path, const HttpRequest& request) {
  answer_to_.keep_alive = false;
  // A client sends nothing before the upgrade is answered, and what it sends would be lost.
  if (buffer_.size() != 0) {
    context_.journal.on_upgrade_refused(UpgradeRefusal::malformed);
    return answer(plain_answer(400, "frames came before the upgrade"));
  }
  tl::expected<UpgradeTerms, HttpAnswer> terms = judge_upgrade(context_, path, request);
  if (!terms) return answer(std::move(terms.error()));
  leave();
  start_websocket_session(context_, thread_, std::move(stream_), request, std::move(*terms));
}

void HttpSession::answer(HttpAnswer given) {
  const bool keep_alive = answer_to_.keep_alive && !context_.stopping;
  response_ = to_response(std::move(given), answer_to_.version, keep_alive, answer_to_.of_head);
  expire_after(answer_timeout);
  http::async_write(stream_, *response_, [self = shared_from_this()](ErrorCode error, std::size_t) {
    self->on_answered(error);
  });
}

void HttpSession::on_answered(ErrorCode error) {
  if (finished_) return;
  if (error) return finish();
  if (!response_->keep_alive() || context_.stopping) return hang_up();
  read_request();
}

/// Closing with unread bytes would reset the connection, and the answer could be lost with it.
void HttpSession::hang_up() {
  expire_after(teardown_timeout);
  stream_.teardown(ByteStream::Done([self = shared_from_this()](ErrorCode) { self->finish(); }));
}

void HttpSession::shut_down(CloseCode) {
  if (between_requests_) finish();
}

void HttpSession::leave() {
  finished_ = true;
  thread_.remove(this);
}

void HttpSession::finish() {
  if (finished_) return;
  const auto self = shared_from_this();
  leave();
  stream_.close();
  context_.sockets.leave();
}

void HttpSession::expire_after(milliseconds patience) {
  thread_.call_at(*this, std::chrono::steady_clock::now() + patience);
}

}  // namespace

void start_http_session(ServerContext& context, IoThread& thread, AnyStream stream) {
  auto session = std::make_shared<HttpSession>(context, thread, std::move(stream));
  thread.add(session);
  session->read_request();
}

}  // namespace anabranch::transport
