#pragma once

#include "node/routes.h"
#include "transport/client/server.h"

#include <functional>

namespace anabranch::node {

/// Answers what an operator may have done to a running node: POST /v1/drain?except=…,
/// POST /v1/drain/cancel and GET /v1/drain?except=… (how far it has come); POST
/// /v1/backup?to=…&keep=… and GET /v1/backup (the latest one). False for any other path, which is
/// not answered.
bool answer_operation(RouteContext& context, const transport::HttpQuery& query,
                      const std::function<void(transport::HttpAnswer)>& done);

}  // namespace anabranch::node
