#include "wire/client_messages.h"

namespace anabranch::wire {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_json:
      return "invalid_json";
    case ErrorCode::invalid_payload:
      return "invalid_payload";
    case ErrorCode::invalid_path:
      return "invalid_path";
    case ErrorCode::unknown_event:
      return "unknown_event";
    case ErrorCode::payload_too_large:
      return "payload_too_large";
    case ErrorCode::version_ahead:
      return "version_ahead";
    case ErrorCode::too_old:
      return "too_old";
    case ErrorCode::rate_limited:
      return "rate_limited";
    case ErrorCode::state_limit:
      return "state_limit";
    case ErrorCode::unauthenticated:
      return "unauthenticated";
    case ErrorCode::unavailable:
      return "unavailable";
  }
  return "unavailable";
}

}  // namespace anabranch::wire
