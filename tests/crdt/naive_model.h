#pragma once

#include "crdt/document.h"
#include "segments.h"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::crdt::testing {

/// One path of a write, as it reaches a document.
struct Put {
  Segments path;
  Record record;
};

using History = std::vector<Put>;

/// What a Document must agree with: it forgets nothing, and answers every question by going through
/// all writes that it was ever told, word for word by the definitions. Slow, and plain to check.
class NaiveModel {
 public:
  void add(const Put& put) { seen_.push_back(put); }

  /// How a write, not added yet, stands to those seen.
  Verdict verdict(const Put& put) const;

  /// The undominated writes in path order; of equal ones that with the lowest dot.
  History standing() const;

  History standing_dominators(const Put& put) const;
  History standing_below(const Segments& path) const;
  bool ancestor_value_holds(const Segments& path) const;

  std::uint64_t version() const;

  /// The standing writes laid out as JSON.
  boost::json::value state() const;

 private:
  History seen_;
};

NaiveModel model_of(const History& history);

/// `history`'s writes as a document holds them.
Document::Records records_of(const History& history);

}  // namespace anabranch::crdt::testing
