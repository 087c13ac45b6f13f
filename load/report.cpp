#include "load/report.h"

#include <cstdio>
#include <string_view>
#include <utility>

namespace anabranch::load {

namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[400];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

unsigned long long wide(std::uint64_t number) { return number; }

std::string latency_line(const char* name, const Histogram& latency) {
  const auto at = [&](double quantile) { return to_milliseconds(latency.at(quantile)); };
  return format("%-20s median %.3f ms, 99%% %.3f ms, 99.9%% %.3f ms, max %.3f ms", name, at(0.5),
                at(0.99), at(0.999), to_milliseconds(latency.max()));
}

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

void append(std::vector<std::string>& lines, const std::vector<std::string>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

void append_own_limit(std::vector<std::string>& lines, const OwnUse& own, double seconds) {
  if (!own.is_limit(seconds)) return;
  lines.push_back(
      "this program was busy all the time: the node might do more. Give it a core of its own, or "
      "more --threads");
}

std::string share_of_a_core(double cpu_seconds, double seconds) {
  return format("%.0f %% of a core", seconds > 0 ? 100 * cpu_seconds / seconds : 0.0);
}

}  // namespace

std::string rate_limit_warning(std::uint64_t updates_per_minute, double per_second_and_user) {
  if (updates_per_minute == 0 ||
      per_second_and_user * 60 <= static_cast<double>(updates_per_minute)) {
    return {};
  }
  return format(
      "the node allows a user %llu updates a minute, and this is %.0f: for a measurement set "
      "updates_per_minute = 0 under [limits] in its node.toml and reload it, or spread the rate "
      "over more --users",
      wide(updates_per_minute), per_second_and_user * 60);
}

namespace {

/// What to do about connections that ended, or were refused, with these words.
std::string remedy_for(std::string_view words) {
  if (words.find("4429") != std::string_view::npos) {
    return "raise max_connections_per_user under [clients] in node.toml, or take fewer --devices";
  }
  if (words.find("HTTP 401") != std::string_view::npos) {
    return "is --secret-file the one that the node's [[auth.key]] names?";
  }
  if (words.find("4408") != std::string_view::npos) {
    return "this program did not take what was sent to it in time: give it a core of its own, or "
           "more --threads";
  }
  return {};
}

}  // namespace

std::vector<std::string> advice_for(const Findings& findings) {
  std::vector<std::string> advice;
  for (const auto& [code, times] : findings.errors) {
    advice.push_back(format("refused with %s: %llu", code.c_str(), wide(times)));
    if (code == "rate_limited") {
      advice.push_back(
          format("the rate limit was in the way (%llu updates a minute and user): set "
                 "updates_per_minute = 0 under [limits] in node.toml, or use more --users",
                 wide(findings.updates_per_minute)));
    } else if (code == "state_limit") {
      advice.push_back(
          "the caps on a user's state were in the way: raise state_bytes and "
          "state_paths under [limits] in node.toml, or write fewer --paths");
    } else if (code == "payload_too_large") {
      advice.push_back(
          "raise max_update_bytes under [clients] in node.toml, or write smaller "
          "values (--value-bytes)");
    }
  }
  for (const auto& [words, times] : findings.misfortunes) {
    advice.push_back(format("connections: %llu times: %.300s", wide(times), words.c_str()));
    if (std::string remedy = remedy_for(words); !remedy.empty()) {
      advice.push_back(std::move(remedy));
    }
  }
  return advice;
}

std::vector<std::string> advice_for(const UpdateResult& result) {
  std::vector<std::string> advice = advice_for(result.findings);
  if (result.counts.skipped > 0) {
    advice.push_back(format("not sent, for the node no longer took what was sent before: %llu",
                            wide(result.counts.skipped)));
  }
  if (result.unanswered() > 0) {
    advice.push_back(format("not answered: %llu updates", wide(result.unanswered())));
  }
  if (result.counts.stale > 0) {
    advice.push_back(format("acked as not applied: %llu", wide(result.counts.stale)));
  }
  if (result.lost_deliveries() > 0) {
    advice.push_back(format("did not arrive: %llu deliveries", wide(result.lost_deliveries())));
  }
  if (result.is_limited_by_generator()) {
    advice.push_back(format(
        "this program was late itself (99%% %.3f ms): the latencies are its own too. Give it a "
        "core of its own, or more --threads",
        to_milliseconds(result.findings.lag.at(0.99))));
  }
  return advice;
}

std::string to_text(const UpdateResult& result) {
  std::vector<std::string> lines;
  lines.push_back(
      format("asked for            %.0f updates/s for %.1f s", result.per_second, result.seconds));
  lines.push_back(format("acked                %.0f/s", result.acked_per_second()));
  lines.push_back(format("delivered            %.0f/s", result.delivered_per_second()));
  lines.push_back(latency_line("until the ack", result.findings.ack));
  lines.push_back(latency_line("until the delivery", result.findings.delivery));
  lines.push_back(latency_line("this program's lag", result.findings.lag));
  if (result.server_cpu_seconds && result.server_updates > 0) {
    lines.push_back(
        format("the node's processor %.1f µs for an update, ",
               *result.server_cpu_seconds * 1e6 / static_cast<double>(result.server_updates)) +
        share_of_a_core(*result.server_cpu_seconds, result.seconds));
    lines.push_back(format("the node's memory    %.1f MiB",
                           static_cast<double>(*result.server_memory_bytes) / (1 << 20)));
  }
  append(lines, advice_for(result));
  if (result.is_whole()) lines.push_back("nothing was lost or refused");
  return join(lines);
}

std::string to_text(const SearchResult& result) {
  std::vector<std::string> lines;
  lines.reserve(result.trials.size() + 2);
  for (const UpdateResult& trial : result.trials) {
    lines.push_back(format("%9.0f/s  99%% %10.3f ms  %s%s", trial.per_second,
                           to_milliseconds(trial.slower(0.99)),
                           SearchResult::passes(trial, result.bound_seconds) ? "holds" : "fails",
                           trial.is_limited_by_generator() ? ", limited by this program" : ""));
  }
  if (!result.best) {
    lines.push_back("no rate held");
    if (!result.trials.empty()) append(lines, advice_for(result.trials.back()));
    return join(lines);
  }
  const UpdateResult& best = result.trials[*result.best];
  lines.push_back(format("highest rate with 99%% within %.0f ms and nothing lost: %.0f updates/s",
                         result.bound_seconds * 1000, best.per_second));
  if (result.is_limited_by_generator) {
    lines.push_back(
        "the next rate failed at this program's own limit: the node may take more. Give this "
        "program a core of its own, or more --threads");
  }
  lines.push_back(to_text(best));
  return join(lines);
}

std::string to_text(const ConnectResult& result) {
  std::vector<std::string> lines;
  lines.push_back(format("connected            %llu of %llu in %.2f s: %.0f/s",
                         wide(result.counts.connected), wide(result.wanted), result.seconds,
                         static_cast<double>(result.counts.connected) / result.seconds));
  lines.push_back(latency_line("until auth.ok", result.findings.connecting));
  append_own_limit(lines, result.own, result.seconds);
  append(lines, advice_for(result.findings));
  return join(lines);
}

double bytes_per_connection(const IdleResult& result) {
  if (!result.before || !result.after || result.connecting.counts.connected == 0) return 0;
  return (static_cast<double>(result.after->memory_bytes) -
          static_cast<double>(result.before->memory_bytes)) /
         static_cast<double>(result.connecting.counts.connected);
}

std::string to_text(const IdleResult& result) {
  std::vector<std::string> lines{to_text(result.connecting)};
  if (result.after) {
    lines.push_back(
        format("memory               %.1f MiB before, %.1f MiB with %llu idle: %.0f "
               "bytes each, %.2f MB for 1,000",
               static_cast<double>(result.before->memory_bytes) / (1 << 20),
               static_cast<double>(result.after->memory_bytes) / (1 << 20),
               wide(result.connecting.counts.connected), bytes_per_connection(result),
               bytes_per_connection(result) / 1000));
    lines.push_back(
        "processor while idle " +
        share_of_a_core(result.after->cpu_seconds - result.before->cpu_seconds, result.seconds));
  }
  if (result.ended > 0) {
    lines.push_back(format("ended by themselves: %llu connections", wide(result.ended)));
  }
  return join(lines);
}

std::string to_text(const ResumeResult& result) {
  std::vector<std::string> lines;
  lines.push_back(format("%llu of %llu clients have their state after %.3f s, %.1f MB",
                         wide(result.counts.states), wide(result.clients), result.seconds,
                         static_cast<double>(result.counts.state_bytes) / 1e6));
  lines.push_back(latency_line("until the state", result.findings.state));
  if (result.server_cpu_seconds) {
    lines.push_back(format("the node's processor %.3f s", *result.server_cpu_seconds));
  }
  append_own_limit(lines, result.own, result.seconds);
  append(lines, advice_for(result.findings));
  return join(lines);
}

std::string to_text(const FillResult& result) {
  std::vector<std::string> lines;
  lines.push_back(format("%llu users with %llu paths each, written in %.1f s: %.0f records/s",
                         wide(result.users), wide(result.paths), result.seconds,
                         static_cast<double>(result.users * result.paths) / result.seconds));
  append(lines, advice_for(result.findings));
  return join(lines);
}

}  // namespace anabranch::load
