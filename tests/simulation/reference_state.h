#pragma once

#include "base/ids.h"
#include "crdt/path.h"
#include "crdt/record.h"
#include "crdt/stamp.h"

#include <map>
#include <optional>
#include <string>

namespace anabranch::simulation {

/// The rules of conflict resolution once more, as plainly as they can be written: what the clients
/// of the simulation keep, and what the nodes' states are compared with. Shares no code with
/// crdt/document.
class ReferenceState {
 public:
  struct Entry {
    crdt::Stamp stamp;
    crdt::Payload payload;
    std::optional<Dot> dot;  ///< of equal writes the lowest known
  };
  using Entries = std::map<crdt::Path, Entry>;

  enum class Outcome { won, same, lost };
  Outcome merge(const crdt::Path& path, const Entry& entry);
  /// What merge would say.
  Outcome judge(const crdt::Path& path, const Entry& entry) const;

  const Entries& entries() const { return entries_; }
  bool holds(const crdt::Path& path, const crdt::Stamp& stamp, const crdt::Payload& payload) const;

  /// The state as JSON.
  std::string materialise() const;

 private:
  static bool dominates(const crdt::Path& upper, const Entry& winner, const crdt::Path& path,
                        const Entry& loser);
  Entries entries_;
};

/// Payloads by path, the last one told standing: the state of a client that keeps no stamps.
class PathView {
 public:
  /// Lays the payload at the path over what stands at it and below it.
  void put(const crdt::Path& path, const crdt::Payload& payload);
  /// As JSON.
  std::string state() const;

 private:
  std::map<crdt::Path, crdt::Payload> payloads_;
};

std::string to_string(const crdt::Path& path, const ReferenceState::Entry& entry);

}  // namespace anabranch::simulation
