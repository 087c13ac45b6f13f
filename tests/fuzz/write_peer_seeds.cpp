// Writes the seeds of peer_message, which are binary, into the folder that it is given. For when
// the format changes: the seeds themselves are in corpus/peer_message, and a test compares them.

#include "tests/fuzz/require.h"
#include "wire/peer_codec.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::fuzz {

namespace {

constexpr ReplicaId b{0xB};
constexpr ReplicaId c{0xC};

crdt::Change change(const char* path, const char* json) {
  const bool is_value = json[0] != '\0';
  return {*crdt::Path::parse(path),
          {is_value ? crdt::RecordKind::value : crdt::RecordKind::tombstone,
           is_value ? crdt::Value(json) : crdt::Value()}};
}

crdt::Write write(Dot dot, std::vector<crdt::Change> changes) {
  const bool is_batch = changes.size() > 1;
  return {"alice", {dot.seq, 1'750'000'000'000, "tab"}, dot, is_batch, std::move(changes)};
}

crdt::VersionVector vector(std::uint64_t of_b, std::uint64_t of_c) {
  crdt::VersionVector vector;
  vector.raise(b, of_b);
  vector.raise(c, of_c);
  return vector;
}

wire::NodeReport report(ReplicaId replica, crdt::VersionVector vector) {
  wire::NodeReport report;
  report.replica = replica;
  report.vector = std::move(vector);
  report.digest = std::string(32, '0');
  report.epoch = 1;
  report.ready = true;
  report.wall_ms = 1'750'000'000'000;
  return report;
}

/// Nobody is admitted where these seeds are run, and the unadmitted take each other's writes alone.
wire::PublishedWrites published(std::vector<crdt::Write> writes) {
  return {std::move(writes), false, 1'750'000'000'000};
}

/// The first piece says who answers.
wire::PullPiece piece(std::uint64_t index, std::vector<crdt::Write> writes,
                      const crdt::VersionVector& theirs, bool last) {
  wire::PullPiece piece{1, index, std::move(writes), {}};
  if (index == 0) piece.answerer = wire::Answerer{theirs, {}};
  if (last) piece.vector = theirs;
  return piece;
}

/// The message as the target takes it; `head` says what else happens.
std::string framed(unsigned char head, const char* sender, wire::PeerMessage message) {
  const wire::PeerEnvelope envelope{"fuzz", sender, std::move(message)};
  const std::string bytes = wire::encode(envelope);
  const auto read = wire::decode_peer_message(bytes);
  FUZZ_REQUIRE(read && *read == envelope);
  std::string out;
  out += static_cast<char>(head);
  out += static_cast<char>(bytes.size() >> 8);
  out += static_cast<char>(bytes.size() & 255);
  return out + bytes;
}

void save(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void write_seeds(const std::filesystem::path& folder) {
  const crdt::Write first = write({b, 1}, {change("a", "{\"x\":1}")});
  const crdt::Write second = write({b, 2}, {change("a.y", "2"), change("b", "")});
  const crdt::Write third = write({b, 3}, {change("a", "[1,2]")});

  save(folder / "greetings", framed(0x48, "b", wire::Heartbeat{report(b, vector(0, 0))}) +
                                 framed(0x0d, "c", wire::Hello{report(c, vector(0, 0)), 1000}) +
                                 framed(0x0c, "b", wire::Welcome{report(b, vector(0, 0)), 1000}) +
                                 framed(0x48, "b", wire::Progress{b, vector(0, 0)}));
  save(folder / "publications", framed(0x08, "b", wire::Heartbeat{report(b, vector(0, 0))}) +
                                    framed(0x08, "b", published({first, second})) +
                                    framed(0x00, "b", published({third})) +
                                    framed(0x48, "b", wire::Progress{b, vector(3, 0)}));
  save(folder / "gap_and_pull", framed(0x08, "b", wire::Heartbeat{report(b, vector(3, 0))}) +
                                    framed(0x08, "b", published({third})) +
                                    framed(0x0e, "b", piece(0, {first}, vector(3, 1), false)) +
                                    framed(0x0a, "b", piece(1, {second}, vector(3, 1), true)));
  save(folder / "asked_for_a_pull",
       framed(0x48, "c", wire::Pull{7, vector(0, 0), 8, false}) +
           framed(0x01, "c", wire::PullCredit{7, 1}) +
           framed(0x01, "c", wire::RepairPull{8, {}, 4}) +
           framed(0x01, "c", wire::RepairPull{9, crdt::StateDigest(), 4}));
  save(folder / "knows_more_of_us",
       framed(0x48, "b",
              wire::Heartbeat{report(b,
                                     [] {
                                       crdt::VersionVector more;
                                       more.raise(ReplicaId{0xA}, 5);
                                       return more;
                                     }())}) +
           framed(0x48, "b", published({write({{0xA}, 1}, {change("a", "1")})})));
  save(folder / "failing_disk",
       framed(0x08, "b", wire::Heartbeat{report(b, vector(0, 0))}) +
           framed(0x10, "b", published({first})) + framed(0x70, "b", published({second})) +
           framed(0x0c, "b", wire::Heartbeat{report(b, vector(2, 0))}) +
           framed(0x0a, "b", piece(0, {first, second}, vector(2, 0), true)));
  crdt::Write unknown = write({c, 1}, {change("u", "")});
  unknown.changes.front().payload = {static_cast<crdt::RecordKind>(7), crdt::Value("opaque")};
  save(folder / "unknown_kind", framed(0x09, "c", wire::Heartbeat{report(c, vector(0, 0))}) +
                                    framed(0x09, "c", published({unknown})));
}

}  // namespace

}  // namespace anabranch::fuzz

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  anabranch::fuzz::write_seeds(argv[1]);
  return 0;
}
