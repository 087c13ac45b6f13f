#pragma once

#include "crdt/version_vector.h"
#include "wire/peer_messages.h"

#include <rapidcheck.h>

#include <string>
#include <utility>

// What the property tests of this folder are fed with.

namespace anabranch::wire::gen {

/// Two JSON texts of one value: their members' order, space, escapes and duplicates differ.
using Spelling = std::pair<std::string, std::string>;
rc::Gen<Spelling> json_spelt_twice();
rc::Gen<std::string> json();

/// The same bytes with some changed, dropped, doubled or put in.
rc::Gen<std::string> damaged(std::string bytes);

rc::Gen<crdt::VersionVector> vector();
rc::Gen<PeerEnvelope> envelope();

}  // namespace anabranch::wire::gen
