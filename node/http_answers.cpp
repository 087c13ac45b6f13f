#include "node/http_answers.h"

#include "wire/canonical_json.h"

#include <utility>

namespace anabranch::node {

transport::HttpAnswer error_answer(unsigned status, std::string_view message) {
  std::string body = "{\"error\":";
  wire::append_json_string(body, message);
  body += "}\n";
  return {status, "application/json", std::move(body), false};
}

std::vector<std::string> parameters(const transport::HttpQuery& query, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : query.parameters) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<std::string> parameter(const transport::HttpQuery& query, std::string_view name) {
  auto values = parameters(query, name);
  if (values.empty()) return {};
  return std::move(values.front());
}

bool is_read(const transport::HttpQuery& query) {
  return query.method == "GET" || query.method == "HEAD";
}

}  // namespace anabranch::node
