#pragma once

#include <string>

namespace anabranch::node {

/// The page at / of the admin port: all in one, and without data of its own.
struct StatusPage {
  std::string html;
  std::string content_security_policy;  ///< lets the page's own style and script run, nothing else
};

/// Put together at the first call. From any thread.
const StatusPage& status_page();

}  // namespace anabranch::node
