#include "node/operations_json.h"

#include <boost/json.hpp>

namespace anabranch::node {

namespace json = boost::json;

std::string drain_json(const cluster::DrainProgress& progress, std::size_t connections,
                       const std::vector<std::string>& except) {
  json::array peers;
  for (const auto& peer : progress.peers) {
    json::value lacking;
    if (peer.lacking_writes) lacking = *peer.lacking_writes;
    peers.push_back({{"name", peer.name},
                     {"heard", peer.heard},
                     {"lacking_writes", std::move(lacking)},
                     {"lacks_untold", peer.lacks_untold},
                     {"has_everything", peer.has_everything()}});
  }
  return json::serialize(json::object{{"draining", progress.draining},
                                      {"settled", progress.settled},
                                      {"safe", progress.is_complete(except)},
                                      {"connections", connections},
                                      {"peers", std::move(peers)}});
}

std::string backup_json(const BackupState& state) {
  json::value error;
  json::value backup;
  if (state.outcome && *state.outcome) {
    const storage::BackupSummary& summary = **state.outcome;
    backup = {{"number", summary.number},
              {"bytes", summary.bytes},
              {"files", summary.files},
              {"kept", summary.kept}};
  } else if (state.outcome) {
    error = state.outcome->error().message;
  }
  return json::serialize(json::object{{"job", state.job},
                                      {"running", state.running},
                                      {"directory", state.directory},
                                      {"copied_bytes", state.copied_bytes},
                                      {"error", std::move(error)},
                                      {"backup", std::move(backup)}});
}

}  // namespace anabranch::node
