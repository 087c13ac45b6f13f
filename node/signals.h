#pragma once

namespace anabranch::node {

/// SIGTERM, SIGINT and SIGHUP as something to wait for. Blocks them for the calling thread and
/// every thread that it starts afterwards; ignores SIGPIPE.
class Signals {
 public:
  Signals();

  /// The next of them.
  int wait() const;
};

}  // namespace anabranch::node
