#pragma once

#include "transport/client/io_thread.h"
#include "transport/client/server_context.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace anabranch::transport {

/// Closes the connections of one I/O thread with 1012, some at a time and all within about five
/// seconds, so that their clients do not fall upon the other nodes in one moment. Ends early where
/// the server takes clients again, at once where it stops. For that thread; keeps itself alive.
class Leaving : public std::enable_shared_from_this<Leaving> {
 public:
  Leaving(const ServerContext& context, IoThread& thread);

  void start() { close_some(); }

 private:
  void close_some();

  const ServerContext& context_;
  std::vector<std::weak_ptr<Connection>> waiting_;
  std::size_t burst_;
  boost::asio::steady_timer timer_;
};

}  // namespace anabranch::transport
