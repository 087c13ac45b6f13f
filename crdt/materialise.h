#pragma once

#include "crdt/document.h"

#include <optional>
#include <string>

namespace anabranch::crdt {

/// The state as one JSON object, in canonical form: records in path order, each laid over what
/// stands there. A tombstone removes its key where the parent's value has one. Below an array a
/// canonical index up to its length addresses that element (the length itself appends); any other
/// segment below an array or a scalar makes the parent an object. Removed elements leave holes: at
/// the array's end they are cut, inside it they read as null. Equal documents give equal bytes, and
/// a tombstone for which Document::ancestor_value_holds is false changes none.
std::string materialise(const Document& document);

/// What the state holds at `path`, as canonical JSON; nothing where it holds nothing.
std::optional<std::string> materialise_at(const Document& document, const Path& path);

}  // namespace anabranch::crdt
