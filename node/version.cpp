#include "node/version.h"

namespace anabranch::node {

std::string_view version() { return ANABRANCH_VERSION; }

}  // namespace anabranch::node
