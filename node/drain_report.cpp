#include "node/drain_report.h"

#include "node/printable.h"

#include <boost/json.hpp>

#include <algorithm>

namespace anabranch::node {

namespace {

namespace json = boost::json;

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& parts, const std::string& last_comma) {
  std::string text;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    if (at > 0) text += at + 1 == parts.size() ? last_comma : ", ";
    text += parts[at];
  }
  return text;
}

std::string problem_of(const DrainReport::Peer& peer) {
  if (!peer.heard) return peer.name + " is not connected";
  if (!peer.lacking_writes) return peer.name + " has not told what it has";
  if (*peer.lacking_writes > 0) {
    return peer.name + " lacks " + counted(*peer.lacking_writes, "write");
  }
  return peer.name + " may lack records of a pull that was cut";
}

DrainReport::Peer read_peer(const json::value& value, const std::vector<std::string>& except) {
  DrainReport::Peer peer;
  peer.name = printable(std::string_view(value.at("name").as_string()));
  peer.heard = value.at("heard").as_bool();
  peer.has_everything = value.at("has_everything").as_bool();
  const json::value& lacking = value.at("lacking_writes");
  if (!lacking.is_null()) peer.lacking_writes = lacking.to_number<std::uint64_t>();
  peer.excepted = std::find(except.begin(), except.end(), peer.name) != except.end();
  return peer;
}

}  // namespace

std::string DrainReport::reason() const {
  std::vector<std::string> names;
  for (const Peer& peer : peers) {
    if (!peer.excepted) names.push_back(peer.name);
  }
  if (names.empty()) return "there is nobody to wait for; what this node has is on its disk alone";
  return listed(names, " and ") + (names.size() == 1 ? " has" : " have") +
         " on disk everything that this node has";
}

std::string DrainReport::missing() const {
  std::vector<std::string> parts;
  if (!settled) parts.emplace_back("this node has not all of its writes on disk");
  for (const Peer& peer : peers) {
    if (!peer.excepted && !peer.has_everything) parts.push_back(problem_of(peer));
  }
  return listed(parts, ", ");
}

std::string DrainReport::waiting_for() const {
  std::string rest = missing();
  if (connections == 0) return rest;
  return counted(connections, "client") + (rest.empty() ? "" : ", ") + rest;
}

Result<DrainReport> read_drain_report(std::string_view text,
                                      const std::vector<std::string>& except) {
  try {
    const json::value value = json::parse({text.data(), text.size()});
    DrainReport report;
    report.draining = value.at("draining").as_bool();
    report.settled = value.at("settled").as_bool();
    report.safe = value.at("safe").as_bool();
    report.connections = value.at("connections").to_number<std::uint64_t>();
    for (const json::value& peer : value.at("peers").as_array()) {
      report.peers.push_back(read_peer(peer, except));
    }
    return report;
  } catch (const std::exception&) {
    return fail(Errc::malformed, "the answer does not tell of a drain");
  }
}

}  // namespace anabranch::node
