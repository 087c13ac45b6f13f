#include "tests/cluster/support.h"

#include "crdt/horizon.h"

#include <cstdio>
#include <sstream>
#include <utility>

namespace anabranch::cluster {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%lX", static_cast<unsigned long>(number));
  return text;
}

std::string text_of(const crdt::Path& at, const crdt::Payload& payload) {
  if (payload.kind == crdt::RecordKind::tombstone) return "-" + at.text();
  return at.text() + "=" + std::string(payload.value.text());
}

std::string dot_of(const std::optional<Dot>& dot) { return dot ? " " + describe(*dot) : ""; }

std::string version_of(const crdt::Stamp& stamp) { return " v" + std::to_string(stamp.version); }

std::string text_of(const std::vector<crdt::Change>& changes) {
  std::string text;
  for (const crdt::Change& change : changes) text += " " + text_of(change.path, change.payload);
  return text;
}

std::string describe_position(const wire::Position& position) {
  return " v" + std::to_string(position.version) + " " + describe(position.vector) +
         (position.behind ? " behind" : "");
}

std::string joined(const std::vector<wire::ClientEvent>& events) {
  std::string text;
  for (const wire::ClientEvent& event : events)
    text += (text.empty() ? "" : "; ") + describe(event);
  return text;
}

}  // namespace

crdt::Path path(std::string_view text) { return crdt::Path::parse(text).value(); }

crdt::Change set(std::string_view at, std::string_view json) {
  return {path(at), {crdt::RecordKind::value, crdt::Value(std::string(json))}};
}

crdt::Change unset(std::string_view at) { return {path(at), {crdt::RecordKind::tombstone, {}}}; }

crdt::VersionVector vector_of(const std::vector<Dot>& dots) {
  crdt::VersionVector vector;
  for (const Dot& dot : dots) vector.raise(dot.origin, dot.seq);
  return vector;
}

crdt::Write write_of(Dot dot, std::vector<crdt::Change> changes, std::uint64_t version,
                     std::int64_t timestamp_ms, std::string tab) {
  const bool is_batch = changes.size() > 1;
  return {"alice", {version, timestamp_ms, std::move(tab)}, dot, is_batch, std::move(changes)};
}

crdt::Record record_of(Dot dot, const crdt::Change& change, std::uint64_t version,
                       std::int64_t timestamp_ms, std::string tab) {
  return {{version, timestamp_ms, std::move(tab)}, dot, false, change.payload};
}

crdt::Write floor_write(Dot dot, std::uint64_t floor) {
  return {"alice", crdt::horizon_stamp(floor), dot, false, {crdt::floor_change()}};
}

crdt::Record floor_record(Dot dot, std::uint64_t floor) {
  return {crdt::horizon_stamp(floor), dot, false, crdt::floor_change().payload};
}

wire::WriteRequest request_of(std::vector<crdt::Change> changes,
                              std::optional<std::uint64_t> version,
                              std::optional<std::int64_t> timestamp_ms, std::string tab) {
  wire::WriteRequest request;
  request.is_batch = changes.size() > 1;
  request.changes = std::move(changes);
  request.version = version;
  request.timestamp_ms = timestamp_ms;
  request.tab = std::move(tab);
  return request;
}

std::string describe(Dot dot) { return hex(dot.origin.value) + ":" + std::to_string(dot.seq); }

std::string describe(const crdt::VersionVector& vector) {
  std::string text = "{";
  for (const auto& [origin, seq] : vector.entries()) {
    text += (text.size() > 1 ? " " : "") + describe(Dot{origin, seq});
  }
  return text + "}";
}

std::string describe(const wire::ClientEvent& event) {
  return std::visit(Overloaded{
                        [](const wire::AuthOk& some) { return "auth.ok " + some.user; },
                        [](const wire::ErrorEvent& some) {
                          return "error " + std::string(wire::to_string(some.code)) +
                                 (some.id ? " " + some.id->json : "");
                        },
                        [](const wire::Ack& some) {
                          const bool replicated = some.durability == wire::Durability::replicated;
                          return "ack " + some.id.json + (some.applied ? " applied" : " lost") +
                                 " v" + std::to_string(some.version) + dot_of(some.dot) +
                                 (replicated ? " replicated" : "");
                        },
                        [](const wire::Sync& some) {
                          return "sync " + text_of(some.record.path, some.record.payload) +
                                 version_of(some.record.stamp) + dot_of(some.record.dot);
                        },
                        [](const wire::BatchSync& some) {
                          return "batch" + text_of(some.changes) + version_of(some.stamp) +
                                 dot_of(some.dot);
                        },
                        [](const wire::Full& some) {
                          return "full " + some.state + describe_position(some.position);
                        },
                        [](const wire::Delta& some) {
                          std::string text = some.complete ? "complete" : "delta";
                          for (const wire::SyncedRecord& record : some.changes) {
                            text += " " + text_of(record.path, record.payload);
                          }
                          return text + describe_position(some.position);
                        },
                    },
                    event);
}

std::string describe(const wire::PeerMessage& message) {
  return std::visit(
      Overloaded{
          [](const wire::PublishedWrites& some) {
            std::string text = "writes";
            for (const crdt::Write& write : some.writes) text += " " + describe(write.dot);
            return text;
          },
          [](const wire::Heartbeat& some) { return "heartbeat " + describe(some.report.vector); },
          [](const wire::Hello& some) { return "hello " + describe(some.report.vector); },
          [](const wire::Welcome& some) { return "welcome " + describe(some.report.vector); },
          [](const wire::Progress& some) { return "progress " + describe(some.vector); },
          [](const wire::Pull& some) { return "pull " + describe(some.vector); },
          [](const wire::PullCredit& some) { return "credit " + std::to_string(some.credit); },
          [](const wire::PullPiece& some) {
            std::string text = "piece " + std::to_string(some.index) + ":";
            for (const crdt::Write& write : some.writes) text += " " + describe(write.dot);
            return text + (some.vector ? " last " + describe(*some.vector) : "");
          },
          [](const wire::RepairPull& some) {
            return std::string(some.digest ? "repair" : "admission");
          },
      },
      message);
}

std::vector<std::string> describe(const std::vector<wire::ClientEvent>& events) {
  std::vector<std::string> lines;
  for (const wire::ClientEvent& event : events) lines.push_back(describe(event));
  return lines;
}

std::string describe(const Note& note) {
  static constexpr const char* levels[] = {"debug", "info", "warning", "error"};
  std::ostringstream line;
  line << std::boolalpha << levels[static_cast<std::size_t>(note.level)] << ' ' << note.text;
  if (note.session.value != 0) line << " #" << note.session.value;
  if (!note.user.empty()) line << ' ' << note.user;
  for (const NoteField& field : note.fields) {
    line << ' ' << field.key << '=';
    std::visit([&line](const auto& value) { line << value; }, field.value);
  }
  return line.str();
}

std::string describe(const Effect& effect) {
  return std::visit(
      Overloaded{
          [](const LoadUser& some) { return "load " + some.user; },
          [](const Commit& some) { return "commit " + std::to_string(some.ticket); },
          [](const RecoverStore& some) { return "recover " + describe(some.vector); },
          [](const Answer& some) {
            return "answer " + std::to_string(some.session.value) + ": " + joined(some.events);
          },
          [](const Notify& some) {
            return "notify " + std::to_string(some.session.value) + ": " + describe(some.event);
          },
          [](const Deliver& some) {
            const std::string but =
                some.except ? " but " + std::to_string(some.except->value) : std::string();
            return "deliver " + some.user + but + ": " + joined(some.events);
          },
          [](const StateReadAnswer& some) {
            return "state " + std::to_string(some.token) + ": " +
                   (some.state ? some.state->value_or("nothing") : "error");
          },
          [](const Publish& some) { return "publish " + describe(some.message); },
          [](const AskPeer& some) { return "ask " + some.peer + ": " + describe(some.message); },
          [](const AnswerPeer& some) {
            return "tell " + some.peer + ": " + describe(some.message);
          },
          [](const ServePull& some) { return "serve " + some.peer; },
          [](const ServeRepair& some) { return "serve a repair to " + some.peer; },
          [](const Scrub&) { return std::string("scrub"); },
          [](const ListUsers& some) { return "list users after \"" + some.after + "\""; },
          [](const FindTombstones& some) {
            return "find tombstones" + (some.covered ? " " + describe(*some.covered) : "");
          },
          [](const Dismiss& some) { return "dismiss " + some.user; },
          [](const GrantPull& some) { return "grant " + some.peer; },
          [](const Note& some) { return "note: " + some.text; },
      },
      effect);
}

}  // namespace anabranch::cluster
