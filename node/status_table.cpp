#include "node/status_table.h"

#include "cluster/replica_status.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace anabranch::node {

namespace {

namespace json = boost::json;

/// A part of the answer; a missing one reads as null, so that an older node's status still shows.
const json::value& part(const json::value& value, std::string_view key) {
  static const json::value nothing;
  const json::object* object = value.if_object();
  const json::value* found =
      object == nullptr ? nullptr : object->if_contains({key.data(), key.size()});
  return found == nullptr ? nothing : *found;
}

std::string fixed(double number, int decimals, const char* format = "%.*f") {
  char text[64];
  std::snprintf(text, sizeof text, format, decimals, number);
  return text;
}

/// Texts come from other machines: a terminal must not take them as orders.
std::string printable(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return result;
}

std::string show(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return value.get_string().empty() ? "?" : printable(std::string_view(value.get_string()));
    case json::kind::bool_:
      return value.get_bool() ? "yes" : "no";
    case json::kind::double_:
      return fixed(value.get_double(), 1);
    case json::kind::int64:
      return std::to_string(value.get_int64());
    case json::kind::uint64:
      return std::to_string(value.get_uint64());
    default:
      return "?";
  }
}

std::string show(const json::value& value, std::string_view key) { return show(part(value, key)); }

std::string with_unit(const json::value& value, const std::string& unit, const char* format) {
  if (!value.is_number()) return "?";
  return fixed(value.to_number<double>(), 1, format) + unit;
}

std::string duration(const json::value& seconds) {
  if (!seconds.is_number()) return "?";
  const auto total = static_cast<long long>(std::clamp(seconds.to_number<double>(), 0.0, 1e12));
  if (total < 60) return std::to_string(total) + " s";
  if (total < 3600) return std::to_string(total / 60) + " min";
  if (total < 86400)
    return std::to_string(total / 3600) + " h " + std::to_string(total / 60 % 60) + " min";
  return std::to_string(total / 86400) + " d " + std::to_string(total / 3600 % 24) + " h";
}

std::string bytes(const json::value& value) {
  if (!value.is_number()) return "?";
  double size = value.to_number<double>();
  if (size < 1024) return fixed(size, 0) + " B";
  for (const char* unit : {" KiB", " MiB", " GiB"}) {
    size /= 1024;
    if (size < 1024) return fixed(size, 1) + unit;
  }
  return fixed(size / 1024, 1) + " TiB";
}

/// Characters, as columns are counted in; names are UTF-8.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

using Row = std::vector<std::string>;

/// Rows of equally many cells, columns two spaces apart.
std::string lay_out(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string state_word(const json::value& status) {
  const json::value& draining = part(status, "draining");
  if (draining.is_bool() && draining.get_bool()) return "draining";
  const json::value& ready = part(status, "ready");
  if (!ready.is_bool()) return "?";
  return ready.get_bool() ? "ready" : "not ready";
}

std::string acks(const json::value& status) {
  const json::value& required = part(part(status, "acks"), "required");
  const std::string text = show(part(status, "acks"), "waiting") + " waiting for other nodes";
  if (!required.is_number()) return "?";
  return required.to_number<double>() > 0 ? text + ", " + show(required) + " copies required"
                                          : "of this node alone";
}

/// What an operator should know of the disk before anything else.
std::string disk_words(const json::value& status) {
  const json::value& storage_ok = part(status, "storage_ok");
  if (storage_ok.is_bool() && !storage_ok.get_bool()) return ", DISK REFUSES WRITES";
  const json::value& damaged = part(status, "damaged");
  if (damaged.is_bool() && damaged.get_bool()) return ", RECORDS DAMAGED, to be taken from a peer";
  return {};
}

/// A node whose disk may be older than what the others have forgotten exchanges no records.
std::string admission_words(const json::value& status) {
  const json::value& admitted = part(status, "admitted");
  return admitted.is_bool() && !admitted.get_bool() ? ", not admitted yet" : std::string();
}

std::string tombstones(const json::value& status) {
  const std::string count = show(part(status, "state"), "tombstones") + " tombstones";
  const json::value& obstacle = part(part(status, "collection"), "held_back_by");
  return obstacle.is_string() ? count + ", kept because " + show(obstacle) : count;
}

std::string render_node(const json::value& status) {
  const json::value& clients = part(status, "clients");
  const json::value& state = part(status, "state");
  const json::value& cluster = part(status, "cluster");
  return lay_out({
      {"node", show(status, "name") + " (" + show(status, "region") + "), " + state_word(status) +
                   admission_words(status) + disk_words(status)},
      {"running", "version " + show(status, "version") + ", for " +
                      duration(part(status, "uptime_seconds")) + ", replica " +
                      show(status, "replica_id")},
      {"cluster", show(cluster, "name") + ", epoch " + show(cluster, "epoch")},
      {"clients",
       show(clients, "connections") + " connections of " + show(clients, "users") + " users"},
      {"acks", acks(status)},
      {"state", show(state, "users") + " users, " + show(state, "records") + " records, " +
                    bytes(part(state, "bytes"))},
      {"deletes", tombstones(status)},
      {"digest", show(state, "digest")},
  });
}

std::string digest_word(const json::value& equal) {
  if (!equal.is_bool()) return "?";
  return equal.get_bool() ? "equal" : "DIFFERENT";
}

/// Past the bound newer writes may lose to older ones: the mark "!".
std::string clock_offset(const json::value& offset_ms) {
  const std::string text = with_unit(offset_ms, " ms", "%+.*f");
  const bool is_worrying = offset_ms.is_number() && std::abs(offset_ms.to_number<double>()) >
                                                        cluster::worrying_clock_offset_ms;
  return is_worrying ? text + " !" : text;
}

std::string lag(const json::value& peer) {
  const json::value& seconds = part(peer, "lag_seconds");
  std::string text = show(peer, "lag_writes");
  if (seconds.is_number()) text += " (" + with_unit(seconds, " s)", "%.*f");
  return text;
}

std::string connected(const json::value& peer) {
  const json::value& draining = part(peer, "draining");
  const bool is_draining = draining.is_bool() && draining.get_bool();
  return show(peer, "connected") + (is_draining ? ", draining" : "") + admission_words(peer);
}

std::string render_peers(const json::value& status) {
  const json::array* peers = part(status, "peers").if_array();
  if (peers == nullptr || peers->empty()) return "no peers\n";
  std::vector<Row> rows{
      {"PEER", "REGION", "CONNECTED", "LAG", "BEHIND", "DIGEST", "HEARTBEAT", "CLOCK"}};
  for (const json::value& peer : *peers) {
    rows.push_back({show(peer, "name"), show(peer, "region"), connected(peer), lag(peer),
                    show(peer, "behind_writes"), digest_word(part(peer, "digest_equal")),
                    with_unit(part(peer, "last_heartbeat_seconds"), " s ago", "%.*f"),
                    clock_offset(part(peer, "clock_offset_ms"))});
  }
  return lay_out(rows);
}

std::string render_counters(const json::value& status) {
  const json::object* counters = part(status, "counters").if_object();
  if (counters == nullptr || counters->empty()) return {};
  std::vector<Row> rows;
  for (const auto& [name, value] : *counters) {
    std::string label = printable(std::string_view(name));
    std::replace(label.begin(), label.end(), '_', ' ');
    rows.push_back({std::move(label), show(value)});
  }
  return '\n' + lay_out(rows);
}

}  // namespace

Result<std::string> render_status(std::string_view text) {
  json::error_code error;
  const json::value status = json::parse({text.data(), text.size()}, error);
  if (error || !part(status, "name").is_string()) {
    return fail(Errc::malformed, "the answer is not a node's status");
  }
  return render_node(status) + '\n' + render_peers(status) + render_counters(status);
}

Result<std::string> render_changes(std::string_view text) {
  json::error_code error;
  const json::value answer = json::parse({text.data(), text.size()}, error);
  const json::array* changes = error ? nullptr : part(answer, "changes").if_array();
  if (changes == nullptr) return fail(Errc::malformed, "the answer tells of no changes");
  if (changes->empty()) return std::string("reloaded; the cluster file says the same as before");
  std::string lines = "reloaded:";
  for (const json::value& change : *changes) lines += "\n  " + show(change);
  return lines;
}

std::string render_error(std::string_view answer) {
  constexpr std::size_t longest = 2000;
  json::error_code failed;
  const json::value value = json::parse({answer.data(), answer.size()}, failed);
  const json::string* message = failed ? nullptr : part(value, "error").if_string();
  if (message == nullptr) return std::string(answer.substr(0, longest));
  return std::string(message->data(), std::min(message->size(), longest));
}

}  // namespace anabranch::node
