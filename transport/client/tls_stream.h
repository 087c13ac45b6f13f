#pragma once

#include "transport/client/any_stream.h"
#include "transport/client/tls_context.h"

#include <memory>

namespace anabranch::transport {

/// The server's side of TLS over `socket`. The handshake belongs to the first read, and so to its
/// deadline. Null where there is no memory for another connection.
std::unique_ptr<ByteStream> make_tls_stream(TcpSocket socket, const TlsContext& context);

}  // namespace anabranch::transport
