#pragma once

#include "transport/client/connection_mailbox.h"
#include "transport/client/session_journal.h"

#include <boost/beast/websocket/rfc6455.hpp>

#include <cstdint>
#include <optional>

namespace anabranch::transport {

/// As the close frame has it, which has room for 123 bytes of UTF-8.
boost::beast::websocket::close_reason to_close_reason(const CloseRequest& request);

/// Puts into `end` by whom, and with which code, a connection was ended: by the node's `request`,
/// by the client's close frame, or by Beast because of what it could not take; by nobody where
/// there is no code. The reason is a view into `request`.
void tell_cause(ConnectionEnd& end, const std::optional<CloseRequest>& request,
                std::optional<std::uint16_t> clients_code, std::optional<std::uint16_t> fault_code);

}  // namespace anabranch::transport
