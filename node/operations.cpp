#include "node/operations.h"

#include "node/http_answers.h"
#include "node/operations_json.h"
#include "node/version.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace anabranch::node {

namespace {

using transport::HttpAnswer;
using transport::HttpQuery;
using Done = std::function<void(HttpAnswer)>;

constexpr std::size_t most_backups_kept = 10'000;

HttpAnswer json_answer(std::string body) {
  return {200, "application/json", std::move(body) + "\n", false};
}

/// True, once it has answered, where the query is not made by `method`.
bool is_wrong_method(const HttpQuery& query, std::string_view method, const Done& done) {
  if (query.method == method) return false;
  done(error_answer(405, "this takes " + std::string(method)));
  return true;
}

void answer_drain_progress(RouteContext& context, const HttpQuery& query, const Done& done) {
  context.loop.ask([done, except = parameters(query, "except")](const ReplicaLoop::View& view) {
    done(json_answer(
        drain_json(view.replica.drain_progress(view.now), view.rooms.sessions(), except)));
  });
}

/// What is wrong with the members that are not to be waited for; empty when nothing is.
std::string check_exceptions(const RouteContext& context, const HttpQuery& query) {
  const auto cluster = context.cluster.get();
  for (const std::string& name : parameters(query, "except")) {
    if (name != context.node.name && cluster->find(name) != nullptr) continue;
    return "except: \"" + name + "\" is no other member of cluster " + cluster->name;
  }
  return {};
}

void begin_drain(RouteContext& context, const HttpQuery& query, const Done& done) {
  const std::string problem = check_exceptions(context, query);
  if (!problem.empty()) return done(error_answer(400, problem));
  if (auto begun = context.set_draining(true); !begun) {
    return done(error_answer(409, begun.error().message));
  }
  answer_drain_progress(context, query, done);
}

void cancel_drain(RouteContext& context, const HttpQuery& query, const Done& done) {
  if (auto ended = context.set_draining(false); !ended) {
    return done(error_answer(409, ended.error().message));
  }
  answer_drain_progress(context, query, done);
}

std::optional<std::size_t> read_keep(const HttpQuery& query) {
  const auto text = parameter(query, "keep");
  std::size_t keep = storage::BackupPlan().keep;
  if (!text) return keep;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), keep);
  const bool is_number = error == std::errc() && end == text->data() + text->size();
  if (!is_number || keep < 1 || keep > most_backups_kept) return {};
  return keep;
}

void begin_backup(RouteContext& context, const HttpQuery& query, const Done& done) {
  storage::BackupPlan plan;
  plan.directory = parameter(query, "to").value_or("");
  if (!plan.directory.is_absolute()) {
    return done(error_answer(400, "to: must be the absolute path of a directory"));
  }
  const auto keep = read_keep(query);
  if (!keep) {
    return done(error_answer(400, "keep: must be 1 to " + std::to_string(most_backups_kept)));
  }
  plan.keep = *keep;
  plan.node = context.node.name;
  plan.cluster = context.cluster.get()->name;
  plan.program = version();
  plan.taken_ms = context.clock.now().wall_ms;
  if (auto begun = context.loop.begin_backup(std::move(plan)); !begun) {
    return done(error_answer(409, begun.error().message));
  }
  done(json_answer(backup_json(context.loop.backup_state())));
}

}  // namespace

bool answer_operation(RouteContext& context, const HttpQuery& query, const Done& done) {
  if (query.path == "/v1/drain") {
    if (is_read(query)) {
      answer_drain_progress(context, query, done);
    } else if (!is_wrong_method(query, "POST", done)) {
      begin_drain(context, query, done);
    }
  } else if (query.path == "/v1/drain/cancel") {
    if (!is_wrong_method(query, "POST", done)) cancel_drain(context, query, done);
  } else if (query.path == "/v1/backup") {
    if (is_read(query)) {
      done(json_answer(backup_json(context.loop.backup_state())));
    } else if (!is_wrong_method(query, "POST", done)) {
      begin_backup(context, query, done);
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace anabranch::node
