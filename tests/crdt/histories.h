#pragma once

#include "naive_model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ostream>
#include <string>
#include <utility>

// Random histories, made to collide: few paths that lie above and below one another, few stamps,
// values that hold those paths too.

namespace anabranch::crdt::testing {

/// A segment of that small universe: names, indices, and keys that need escaping or that JCS and
/// plain bytes order differently.
rc::Gen<std::string> any_segment();

/// One to three such segments.
rc::Gen<Segments> any_path();

/// Canonical JSON over the same keys.
rc::Gen<std::string> any_value();

/// Writes of one user in the order of their making: single ones and batches under one stamp and dot
/// (a parent and its child among them), stamps used twice with different values, writes that two
/// nodes took and so have two dots, tombstones, records of kinds still unknown.
rc::Gen<History> any_history();

/// The same writes in another order, some of them more than once.
rc::Gen<History> shuffled_with_repeats(const History& history);

Document document_of(const History& history);

}  // namespace anabranch::crdt::testing

// How RapidCheck prints counterexamples.
namespace anabranch::crdt {

std::ostream& operator<<(std::ostream& out, Verdict verdict);
std::ostream& operator<<(std::ostream& out, const Path& path);
std::ostream& operator<<(std::ostream& out, const Record& record);

}  // namespace anabranch::crdt

namespace anabranch::crdt::testing {

std::ostream& operator<<(std::ostream& out, const Put& put);

}  // namespace anabranch::crdt::testing
