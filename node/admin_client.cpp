#include "node/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <utility>

namespace anabranch::node {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

/// One connection, driven step by step: only asynchronous operations know a deadline.
class Exchange {
 public:
  explicit Exchange(const AdminTarget& target) : target_(target), stream_(context_) {}

  beast::error_code connect() {
    beast::error_code error;
    tcp::resolver resolver(context_);
    const auto places =
        resolver.resolve(target_.place.host, std::to_string(target_.place.port), error);
    if (error) return error;
    stream_.expires_after(target_.timeout);
    stream_.async_connect(places,
                          [&](beast::error_code result, const tcp::endpoint&) { error = result; });
    run();
    return error;
  }

  beast::error_code send(const http::request<http::empty_body>& request) {
    return step([&](auto done) { http::async_write(stream_, request, std::move(done)); });
  }

  beast::error_code receive(http::response_parser<http::string_body>& parser) {
    return step([&](auto done) { http::async_read(stream_, buffer_, parser, std::move(done)); });
  }

 private:
  template <class Start>
  beast::error_code step(Start start) {
    beast::error_code error;
    stream_.expires_after(target_.timeout);
    start([&error](beast::error_code result, std::size_t) { error = result; });
    run();
    return error;
  }

  void run() {
    context_.restart();
    context_.run();
  }

  const AdminTarget& target_;
  asio::io_context context_{1};
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
};

http::request<http::empty_body> make_request(const AdminTarget& target, std::string_view method,
                                             const std::string& path) {
  http::request<http::empty_body> request;
  request.version(11);
  request.method_string({method.data(), method.size()});
  request.target(path);
  request.set(http::field::host, target.place.to_string());
  request.set(http::field::connection, "close");
  if (!target.token.empty()) {
    request.set(http::field::authorization, "Bearer " + target.token);
  }
  request.prepare_payload();
  return request;
}

tl::unexpected<Error> no_answer(const AdminTarget& target, const char* what,
                                const beast::error_code& error) {
  return fail(Errc::io, "no answer from a node at " + target.place.to_string() + ": " + what +
                            ": " + error.message());
}

}  // namespace

Result<AdminAnswer> admin_request(const AdminTarget& target, std::string_view method,
                                  const std::string& path) {
  try {
    Exchange exchange(target);
    if (const auto error = exchange.connect()) return no_answer(target, "cannot connect", error);
    const auto request = make_request(target, method, path);
    if (const auto error = exchange.send(request)) return no_answer(target, "cannot ask", error);
    http::response_parser<http::string_body> parser;
    parser.body_limit(max_admin_answer_bytes);
    if (const auto error = exchange.receive(parser)) {
      return no_answer(target, "the answer broke off", error);
    }
    auto response = parser.release();
    return AdminAnswer{response.result_int(), std::move(response.body())};
  } catch (const std::exception& error) {
    return fail(Errc::io,
                "no answer from a node at " + target.place.to_string() + ": " + error.what());
  }
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace anabranch::node
