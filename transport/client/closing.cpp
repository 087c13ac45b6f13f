#include "transport/client/closing.h"

#include "base/utf8.h"

#include <string_view>

namespace anabranch::transport {

namespace websocket = boost::beast::websocket;

websocket::close_reason to_close_reason(const CloseRequest& request) {
  std::string_view reason = request.reason;
  reason = reason.substr(0, 123);
  while (!is_utf8(reason)) reason.remove_suffix(1);
  return {static_cast<websocket::close_code>(request.code),
          boost::beast::string_view(reason.data(), reason.size())};
}

void tell_cause(ConnectionEnd& end, const std::optional<CloseRequest>& request,
                std::optional<std::uint16_t> clients_code,
                std::optional<std::uint16_t> fault_code) {
  using By = ConnectionEnd::By;
  if (request) {
    end.by = By::node;
    end.code = static_cast<std::uint16_t>(request->code);
    end.reason = request->reason;
  } else if (clients_code) {
    end.by = By::client;
    end.code = *clients_code;
  } else {
    end.code = fault_code.value_or(websocket::close_code::abnormal);
    end.by = fault_code ? By::node : By::nobody;
  }
}

}  // namespace anabranch::transport
