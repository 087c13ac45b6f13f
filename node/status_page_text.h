#pragma once

#include <string_view>

// The files of node/status_page/, which the build puts into the program.

namespace anabranch::node {

extern const std::string_view status_page_html;
extern const std::string_view status_page_style;
extern const std::string_view status_page_script;

}  // namespace anabranch::node
