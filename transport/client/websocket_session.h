#pragma once

#include "transport/client/any_stream.h"
#include "transport/client/http_request.h"
#include "transport/client/io_thread.h"
#include "transport/client/server_context.h"
#include "transport/client/upgrade.h"

namespace anabranch::transport {

/// Turns `stream`, over which `request` came, into a WebSocket session: it answers the upgrade,
/// lives on `thread` until the connection ends, and then gives back its places in `context`.
/// To be called on the thread. Returns the session, which is already among the thread's
/// connections.
std::shared_ptr<Connection> start_websocket_session(ServerContext& context, IoThread& thread,
                                                    AnyStream stream, const HttpRequest& request,
                                                    UpgradeTerms terms);

}  // namespace anabranch::transport
