#pragma once

#include "transport/client/server.h"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>

namespace anabranch::transport {

namespace http = boost::beast::http;

using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

/// What of `request` a handler gets to see; nothing when its target is not a path or a URL. A HEAD
/// is shown as the GET that it asks about.
std::optional<HttpQuery> to_query(const HttpRequest& request);

/// Joins an answer to the request it is for (`of_head`: its body is told of, but not sent).
HttpResponse to_response(HttpAnswer answer, unsigned version, bool keep_alive, bool of_head);

/// The answer of one sentence.
HttpAnswer plain_answer(unsigned status, std::string sentence);

/// The token of an Authorization header of the Bearer kind; nothing for another kind, or none.
std::optional<std::string_view> bearer_token(std::string_view authorization);

}  // namespace anabranch::transport
