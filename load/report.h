#pragma once

#include "load/results.h"

#include <string>
#include <vector>

namespace anabranch::load {

/// What a run was, for whoever reads its report later.
struct RunDescription {
  std::string mode;
  std::vector<std::string> nodes;
  std::size_t users = 0;
  std::size_t devices = 0;
  std::size_t writers = 0;
  std::size_t value_bytes = 0;
  std::size_t paths = 0;
  std::size_t threads = 0;
};

// One JSON object each, in a single line. Latencies in milliseconds, sizes in bytes.
std::string to_json(const RunDescription& run, const UpdateResult& result);
std::string to_json(const RunDescription& run, const SearchResult& result);
std::string to_json(const RunDescription& run, const ConnectResult& result);
std::string to_json(const RunDescription& run, const IdleResult& result);
std::string to_json(const RunDescription& run, const ResumeResult& result);
std::string to_json(const RunDescription& run, const FillResult& result);

// The same for people, several lines without the last line's end.
std::string to_text(const UpdateResult& result);
std::string to_text(const SearchResult& result);
std::string to_text(const ConnectResult& result);
std::string to_text(const IdleResult& result);
std::string to_text(const ResumeResult& result);
std::string to_text(const FillResult& result);

/// What whoever runs it should know or do: sentences, one for each thing that got in the way.
std::vector<std::string> advice_for(const UpdateResult& result);
std::vector<std::string> advice_for(const Findings& findings);

/// Memory that each of so many connections costs; 0 where it is not known.
double bytes_per_connection(const IdleResult& result);

/// Whether a node that allows a user so many updates a minute stands in the way of `per_second` for
/// each user; what to do about it, or empty.
std::string rate_limit_warning(std::uint64_t updates_per_minute, double per_second_and_user);

}  // namespace anabranch::load
