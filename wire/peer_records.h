#pragma once

#include "base/ids.h"
#include "crdt/digest.h"
#include "crdt/record.h"
#include "crdt/version_vector.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"
#include "wire/store_batch.h"

#include <cstdint>
#include <vector>

// The parts of peer messages that carry state. Reading checks every rule of the types; what is
// returned counts only while the reader is ok().

namespace anabranch::wire {

void pack_vector(MsgpackWriter& out, const crdt::VersionVector& vector);
crdt::VersionVector unpack_vector(MsgpackReader& in);

void pack_writes(MsgpackWriter& out, const std::vector<crdt::Write>& writes);
std::vector<crdt::Write> unpack_writes(MsgpackReader& in);

/// The sums of a digest's buckets: 16 bytes each, big-endian.
void pack_digest(MsgpackWriter& out, const crdt::StateDigest& digest);
crdt::StateDigest unpack_digest(MsgpackReader& in);

void pack_standing(MsgpackWriter& out, const Standing& standing);
Standing unpack_standing(MsgpackReader& in);

/// A wall clock's or a stamp's time, in milliseconds.
std::int64_t unpack_time(MsgpackReader& in, const char* what);

}  // namespace anabranch::wire
