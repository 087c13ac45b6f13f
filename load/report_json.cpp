#include "load/report.h"

#include <boost/json.hpp>

namespace anabranch::load {

namespace json = boost::json;

namespace {

json::object latency_object(const Histogram& latency) {
  return {{"count", latency.count()},
          {"mean", latency.mean() / millisecond},
          {"p50", to_milliseconds(latency.at(0.5))},
          {"p90", to_milliseconds(latency.at(0.9))},
          {"p99", to_milliseconds(latency.at(0.99))},
          {"p999", to_milliseconds(latency.at(0.999))},
          {"max", to_milliseconds(latency.max())}};
}

template <class Numbers>
json::object object_of(const Numbers& numbers) {
  json::object object;
  for (const auto& [name, number] : numbers) object[name] = number;
  return object;
}

json::object begin(const RunDescription& run) {
  return {{"mode", run.mode},       {"nodes", json::value_from(run.nodes)},
          {"users", run.users},     {"devices", run.devices},
          {"writers", run.writers}, {"value_bytes", run.value_bytes},
          {"paths", run.paths},     {"threads", run.threads}};
}

json::object connections_object(const Counts& counts, const Findings& findings) {
  return {{"connected", counts.connected},
          {"failed", counts.failed},
          {"reasons", object_of(findings.misfortunes)}};
}

json::value optional_number(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value();
}

json::array advice_array(const std::vector<std::string>& advice) {
  json::array array;
  for (const std::string& sentence : advice) array.emplace_back(sentence);
  return array;
}

json::object server_object(const UpdateResult& result) {
  const bool known = result.server_cpu_seconds && result.server_updates > 0;
  json::object server{{"cpu_seconds", optional_number(result.server_cpu_seconds)},
                      {"updates", result.server_updates}};
  server["cpu_us_per_update"] = known ? json::value(*result.server_cpu_seconds * 1e6 /
                                                    static_cast<double>(result.server_updates))
                                      : json::value();
  server["memory_bytes"] =
      result.server_memory_bytes ? json::value(*result.server_memory_bytes) : json::value();
  return server;
}

void describe(json::object& object, const UpdateResult& result) {
  const Counts& counts = result.counts;
  object["rate"] = result.per_second;
  object["seconds"] = result.seconds;
  object["whole"] = result.is_whole();
  object["cut_short"] = result.cut_short;
  object["updates"] = {{"sent", counts.sent},
                       {"skipped", counts.skipped},
                       {"acked", counts.acked},
                       {"stale", counts.stale},
                       {"refused", counts.refused},
                       {"unanswered", result.unanswered()},
                       {"per_second", result.acked_per_second()}};
  object["errors"] = object_of(result.findings.errors);
  object["deliveries"] = {{"expected", result.expected_deliveries},
                          {"received", counts.delivered},
                          {"lost", result.lost_deliveries()},
                          {"per_second", result.delivered_per_second()}};
  object["latency_ms"] = {{"ack", latency_object(result.findings.ack)},
                          {"delivery", latency_object(result.findings.delivery)}};
  object["generator"] = {{"lag_ms", latency_object(result.findings.lag)},
                         {"is_limit", result.is_limited_by_generator()},
                         {"cpu_seconds", result.own_cpu_seconds}};
  object["server"] = server_object(result);
  object["connections"] = connections_object(counts, result.findings);
  object["advice"] = advice_array(advice_for(result));
}

json::object own_object(const OwnUse& own, double seconds) {
  return {{"cpu_seconds", own.cpu_seconds}, {"is_limit", own.is_limit(seconds)}};
}

void describe(json::object& object, const ConnectResult& result) {
  object["wanted"] = result.wanted;
  object["seconds"] = result.seconds;
  object["per_second"] = static_cast<double>(result.counts.connected) / result.seconds;
  object["latency_ms"] = latency_object(result.findings.connecting);
  object["generator"] = own_object(result.own, result.seconds);
  object["server_cpu_seconds"] = optional_number(result.server_cpu_seconds);
  object["connections"] = connections_object(result.counts, result.findings);
}

}  // namespace

std::string to_json(const RunDescription& run, const UpdateResult& result) {
  json::object object = begin(run);
  describe(object, result);
  return json::serialize(object);
}

std::string to_json(const RunDescription& run, const SearchResult& result) {
  json::object object = begin(run);
  object["bound_ms"] = result.bound_seconds * 1000;
  json::array trials;
  for (const UpdateResult& trial : result.trials) {
    json::object described;
    describe(described, trial);
    described["holds"] = SearchResult::passes(trial, result.bound_seconds);
    trials.push_back(std::move(described));
  }
  object["best"] = result.best ? trials[*result.best] : json::value();
  object["trials"] = std::move(trials);
  object["is_limited_by_generator"] = result.is_limited_by_generator;
  return json::serialize(object);
}

std::string to_json(const RunDescription& run, const ConnectResult& result) {
  json::object object = begin(run);
  describe(object, result);
  return json::serialize(object);
}

std::string to_json(const RunDescription& run, const IdleResult& result) {
  json::object object = begin(run);
  describe(object, result.connecting);
  object["memory_before_bytes"] =
      result.before ? json::value(result.before->memory_bytes) : json::value();
  object["memory_bytes"] = result.after ? json::value(result.after->memory_bytes) : json::value();
  object["bytes_per_connection"] =
      result.after ? json::value(bytes_per_connection(result)) : json::value();
  object["ended"] = result.ended;
  return json::serialize(object);
}

std::string to_json(const RunDescription& run, const ResumeResult& result) {
  json::object object = begin(run);
  object["by_cursor"] = result.by_cursor;
  object["reconnect"] = result.reconnect;
  object["changes"] = result.changes;
  object["clients"] = result.clients;
  object["resumed"] = result.counts.states;
  object["seconds"] = result.seconds;
  object["bytes"] = result.counts.state_bytes;
  object["latency_ms"] = latency_object(result.findings.state);
  object["generator"] = own_object(result.own, result.seconds);
  object["errors"] = object_of(result.findings.errors);
  object["server_cpu_seconds"] = optional_number(result.server_cpu_seconds);
  object["connections"] = connections_object(result.counts, result.findings);
  return json::serialize(object);
}

std::string to_json(const RunDescription& run, const FillResult& result) {
  json::object object = begin(run);
  object["filled_paths"] = result.paths;
  object["records"] = result.users * result.paths;
  object["seconds"] = result.seconds;
  object["per_second"] = static_cast<double>(result.users * result.paths) / result.seconds;
  object["whole"] = result.is_whole();
  object["errors"] = object_of(result.findings.errors);
  return json::serialize(object);
}

}  // namespace anabranch::load
