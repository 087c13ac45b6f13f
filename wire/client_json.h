#pragma once

#include "wire/client_messages.h"
#include "wire/cursor.h"

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace anabranch::wire {

/// Reads one text frame: exactly one envelope {"event": …, "payload": {…}}. Checks everything that
/// can be checked without the user's state; the error is the event to answer with, the frame's id
/// in it where one could be read. `frame` is UTF-8 (the WebSocket layer has checked it).
tl::expected<ClientMessage, ErrorEvent> decode_client_frame(std::string_view frame);

/// Writes one envelope. Cursors are sealed with `cursors`.
std::string encode(const ClientEvent& event, const CursorCodec& cursors);
/// Appends it to `out`.
void encode_to(std::string& out, const ClientEvent& event, const CursorCodec& cursors);

}  // namespace anabranch::wire
