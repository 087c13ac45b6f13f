#pragma once

#include "transport/client/any_stream.h"
#include "transport/client/io_thread.h"
#include "transport/client/server_context.h"

namespace anabranch::transport {

/// Serves HTTP over `stream` until the connection ends or becomes a WebSocket session. The caller
/// has taken a place among the context's sockets, which is given back at the end. To be called on
/// the thread.
void start_http_session(ServerContext& context, IoThread& thread, AnyStream stream);

}  // namespace anabranch::transport
