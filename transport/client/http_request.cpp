#include "transport/client/http_request.h"

#include <boost/beast/core/string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <utility>

namespace anabranch::transport {
namespace {

namespace urls = boost::urls;

std::string_view to_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::optional<urls::url_view> parse_target(boost::beast::string_view target) {
  const urls::string_view text(target.data(), target.size());
  if (const auto origin_form = urls::parse_origin_form(text)) return *origin_form;
  if (const auto absolute_form = urls::parse_absolute_uri(text)) return *absolute_form;
  return std::nullopt;
}

}  // namespace

std::optional<HttpQuery> to_query(const HttpRequest& request) {
  const std::optional<urls::url_view> url = parse_target(request.target());
  if (!url) return std::nullopt;
  HttpQuery query;
  const bool of_head = request.method() == http::verb::head;
  query.method = of_head ? "GET" : std::string(to_view(request.method_string()));
  query.path = url->path();
  for (const auto& parameter : url->params()) {
    query.parameters.emplace_back(std::string(parameter.key), std::string(parameter.value));
  }
  query.authorization = std::string(to_view(request[http::field::authorization]));
  query.origin = std::string(to_view(request[http::field::origin]));
  return query;
}

HttpResponse to_response(HttpAnswer answer, unsigned version, bool keep_alive, bool of_head) {
  HttpResponse response;
  response.version(version);
  response.result(answer.status);
  response.set(http::field::content_type, answer.content_type);
  if (answer.any_origin) response.set(http::field::access_control_allow_origin, "*");
  if (!answer.content_security_policy.empty()) {
    response.set("Content-Security-Policy", answer.content_security_policy);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
  }
  if (answer.status == 401) response.set(http::field::www_authenticate, "Bearer");
  if (answer.status == 426) response.set(http::field::upgrade, "websocket");
  response.keep_alive(keep_alive);
  response.content_length(answer.body.size());
  if (!of_head) response.body() = std::move(answer.body);
  return response;
}

HttpAnswer plain_answer(unsigned status, std::string sentence) {
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = std::move(sentence) + "\n";
  return answer;
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer";
  const std::string_view word = authorization.substr(0, authorization.find(' '));
  if (!boost::beast::iequals({word.data(), word.size()}, {scheme.data(), scheme.size()})) {
    return std::nullopt;
  }
  authorization.remove_prefix(word.size());
  const std::size_t first = authorization.find_first_not_of(' ');
  if (first == std::string_view::npos) return std::string_view();
  authorization.remove_prefix(first);
  return authorization.substr(0, authorization.find_last_not_of(" \t") + 1);
}

}  // namespace anabranch::transport
