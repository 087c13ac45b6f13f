#pragma once

#include "transport/client/server.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the HTTP routes have in common.

namespace anabranch::node {

/// {"error": message}.
transport::HttpAnswer error_answer(unsigned status, std::string_view message);

/// The first value of a parameter of the query.
std::optional<std::string> parameter(const transport::HttpQuery& query, std::string_view name);
/// All of its values.
std::vector<std::string> parameters(const transport::HttpQuery& query, std::string_view name);

/// True for a query that changes nothing.
bool is_read(const transport::HttpQuery& query);

}  // namespace anabranch::node
