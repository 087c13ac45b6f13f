#include "wire/peer_codec.h"

#include "base/utf8.h"
#include "wire/limits.h"
#include "wire/msgpack_reader.h"
#include "wire/msgpack_writer.h"
#include "wire/peer_records.h"

#include <utility>

// A message is one MessagePack array: protocol version, cluster, sender, number of the type, and an
// array of the type's fields in the order in which they are written here. Arrays of fields may grow
// at their end: what a reader does not know there, it skips.

namespace anabranch::wire {

namespace {

/// How one type of message is written and read. The numbers of the types are sent.
template <class Message>
struct Codec;

void pack_report(MsgpackWriter& out, const NodeReport& report) {
  out.array(10);
  out.uint(report.replica.value);
  pack_vector(out, report.vector);
  out.boolean(report.holds_beyond);
  out.text(report.digest);
  out.uint(report.epoch);
  out.boolean(report.ready);
  out.boolean(report.draining);
  out.integer(report.wall_ms);
  out.boolean(report.damaged);
  pack_standing(out, report.standing);
}

NodeReport unpack_report(MsgpackReader& in) {
  NodeReport report;
  in.begin_array("report");
  report.replica.value = in.uint("replica");
  report.vector = unpack_vector(in);
  report.holds_beyond = in.boolean("holds_beyond");
  report.digest = in.text("digest", 0, max_digest_bytes);
  report.epoch = in.uint("epoch");
  report.ready = in.boolean("ready");
  report.draining = in.boolean("draining");
  report.wall_ms = unpack_time(in, "wall_ms");
  report.damaged = in.boolean("damaged");
  // Before there was admission everyone took part.
  report.standing.admitted = true;
  if (in.has_more()) report.standing = unpack_standing(in);
  in.end_array();
  return report;
}

template <>
struct Codec<PublishedWrites> {
  static constexpr std::uint64_t type = 1;

  static void pack(MsgpackWriter& out, const PublishedWrites& published) {
    out.array(published.committed_ms ? 4 : 2);
    pack_writes(out, published.writes);
    out.boolean(published.admitted);
    if (!published.committed_ms) return;
    out.integer(*published.committed_ms);
    out.array(2 * published.traces.size());
    for (const auto& [seq, traceparent] : published.traces) {
      out.uint(seq);
      out.text(traceparent.text());
    }
  }

  static PublishedWrites unpack(MsgpackReader& in) {
    PublishedWrites published{unpack_writes(in)};
    if (in.has_more()) published.admitted = in.boolean("admitted");
    const auto& writes = published.writes;
    if (writes.empty()) in.fail("writes must not be empty");
    for (std::size_t i = 1; i < writes.size(); ++i) {
      const Dot before = writes[i - 1].dot;
      if (writes[i].dot != Dot{before.origin, before.seq + 1}) {
        in.fail("writes must be of one origin, with consecutive seqs");
      }
    }
    if (in.has_more()) published.committed_ms = unpack_time(in, "committed_ms");
    if (in.has_more()) published.traces = unpack_traces(in, writes);
    return published;
  }

 private:
  static std::map<std::uint64_t, Traceparent> unpack_traces(
      MsgpackReader& in, const std::vector<crdt::Write>& writes) {
    std::map<std::uint64_t, Traceparent> traces;
    const std::size_t elements = in.begin_array("traces");
    if (elements % 2 != 0) in.fail("traces is of a wrong size");
    for (std::size_t i = 0; i < elements / 2 && in.ok(); ++i) {
      const std::uint64_t seq =
          in.uint("seq of a trace", writes.front().dot.seq, writes.back().dot.seq);
      auto traceparent =
          Traceparent::parse(in.text("traceparent", Traceparent::size, Traceparent::size));
      if (!traceparent) in.fail("traceparent is malformed");
      if (in.ok()) traces[seq] = *std::move(traceparent);
    }
    in.end_array();
    return traces;
  }
};

template <>
struct Codec<Heartbeat> {
  static constexpr std::uint64_t type = 2;

  static void pack(MsgpackWriter& out, const Heartbeat& heartbeat) {
    out.array(1);
    pack_report(out, heartbeat.report);
  }

  static Heartbeat unpack(MsgpackReader& in) { return {unpack_report(in)}; }
};

template <>
struct Codec<Hello> {
  static constexpr std::uint64_t type = 3;

  static void pack(MsgpackWriter& out, const Hello& hello) {
    out.array(2);
    pack_report(out, hello.report);
    out.integer(hello.sent_ms);
  }

  static Hello unpack(MsgpackReader& in) {
    Hello hello;
    hello.report = unpack_report(in);
    hello.sent_ms = unpack_time(in, "sent_ms");
    return hello;
  }
};

template <>
struct Codec<Welcome> {
  static constexpr std::uint64_t type = 4;

  static void pack(MsgpackWriter& out, const Welcome& welcome) {
    out.array(2);
    pack_report(out, welcome.report);
    out.integer(welcome.hello_sent_ms);
  }

  static Welcome unpack(MsgpackReader& in) {
    Welcome welcome;
    welcome.report = unpack_report(in);
    welcome.hello_sent_ms = unpack_time(in, "hello_sent_ms");
    return welcome;
  }
};

template <>
struct Codec<Progress> {
  static constexpr std::uint64_t type = 5;

  static void pack(MsgpackWriter& out, const Progress& progress) {
    out.array(2);
    out.uint(progress.replica.value);
    pack_vector(out, progress.vector);
  }

  static Progress unpack(MsgpackReader& in) {
    Progress progress;
    progress.replica.value = in.uint("replica");
    progress.vector = unpack_vector(in);
    return progress;
  }
};

template <>
struct Codec<Pull> {
  static constexpr std::uint64_t type = 6;

  static void pack(MsgpackWriter& out, const Pull& pull) {
    out.array(4);
    out.uint(pull.id);
    pack_vector(out, pull.vector);
    out.uint(pull.credit);
    out.boolean(pull.admitted);
  }

  static Pull unpack(MsgpackReader& in) {
    Pull pull;
    pull.id = in.uint("id");
    pull.vector = unpack_vector(in);
    pull.credit = static_cast<std::uint32_t>(in.uint("credit", 0, UINT32_MAX));
    if (in.has_more()) pull.admitted = in.boolean("admitted");
    return pull;
  }
};

template <>
struct Codec<PullCredit> {
  static constexpr std::uint64_t type = 7;

  static void pack(MsgpackWriter& out, const PullCredit& more) {
    out.array(2);
    out.uint(more.id);
    out.uint(more.credit);
  }

  static PullCredit unpack(MsgpackReader& in) {
    PullCredit more;
    more.id = in.uint("id");
    more.credit = static_cast<std::uint32_t>(in.uint("credit", 0, UINT32_MAX));
    return more;
  }
};

template <>
struct Codec<PullPiece> {
  static constexpr std::uint64_t type = 8;

  static void pack(MsgpackWriter& out, const PullPiece& piece) {
    out.array(5);
    out.uint(piece.id);
    out.uint(piece.index);
    pack_writes(out, piece.writes);
    piece.vector ? pack_vector(out, *piece.vector) : out.nil();
    if (!piece.answerer) return out.nil();
    out.array(2);
    pack_vector(out, piece.answerer->vector);
    pack_standing(out, piece.answerer->standing);
  }

  static PullPiece unpack(MsgpackReader& in) {
    PullPiece piece;
    piece.id = in.uint("id");
    piece.index = in.uint("index");
    piece.writes = unpack_writes(in);
    if (!in.skip_nil()) piece.vector = unpack_vector(in);
    if (in.skip_nil()) return piece;
    in.begin_array("answerer");
    piece.answerer.emplace();
    piece.answerer->vector = unpack_vector(in);
    piece.answerer->standing = unpack_standing(in);
    in.end_array();
    return piece;
  }
};

template <>
struct Codec<RepairPull> {
  static constexpr std::uint64_t type = 9;

  static void pack(MsgpackWriter& out, const RepairPull& pull) {
    out.array(3);
    out.uint(pull.id);
    pull.digest ? pack_digest(out, *pull.digest) : out.nil();
    out.uint(pull.credit);
  }

  static RepairPull unpack(MsgpackReader& in) {
    RepairPull pull;
    pull.id = in.uint("id");
    if (!in.skip_nil()) pull.digest = unpack_digest(in);
    pull.credit = static_cast<std::uint32_t>(in.uint("credit", 0, UINT32_MAX));
    return pull;
  }
};

/// Reads the fields of whichever message of the variant has this type.
template <class... Message>
void unpack_body(MsgpackReader& in, std::uint64_t type, std::variant<Message...>& message) {
  const auto unpack_as = [&]<class M>(const M*) {
    if (type != Codec<M>::type) return false;
    in.begin_array("fields");
    message = Codec<M>::unpack(in);
    in.end_array();
    return true;
  };
  if (!(unpack_as(static_cast<const Message*>(nullptr)) || ...)) {
    in.fail("message type " + std::to_string(type) + " is unknown");
  }
}

/// About how large the message becomes, so that its buffer grows once.
std::size_t expected_bytes(const std::vector<crdt::Write>& writes) {
  constexpr std::size_t overhead = 64;
  std::size_t bytes = overhead;
  for (const crdt::Write& write : writes) {
    bytes += overhead + write.user.size() + write.stamp.tab.size();
    for (const crdt::Change& change : write.changes) {
      bytes += 16 + change.path.key().size() + change.payload.value.text().size();
    }
  }
  return bytes;
}

struct ExpectedBytes {
  std::size_t operator()(const PublishedWrites& published) const {
    return expected_bytes(published.writes);
  }
  std::size_t operator()(const PullPiece& piece) const { return expected_bytes(piece.writes); }
  template <class Message>
  std::size_t operator()(const Message&) const {
    return 512;
  }
};

std::string unpack_name(MsgpackReader& in, const char* what) {
  const std::string_view name = in.text(what, 1, max_name_bytes);
  if (has_control_character(name)) in.fail(std::string(what) + " must hold no control characters");
  return std::string(name);
}

}  // namespace

std::string encode(const PeerEnvelope& envelope) {
  MsgpackWriter out(std::visit(ExpectedBytes(), envelope.message));
  out.array(5);
  out.uint(peer_protocol_version);
  out.text(envelope.cluster);
  out.text(envelope.sender);
  std::visit(
      [&out]<class Message>(const Message& message) {
        out.uint(Codec<Message>::type);
        Codec<Message>::pack(out, message);
      },
      envelope.message);
  return out.take();
}

Result<PeerEnvelope> decode_peer_message(std::string_view bytes) {
  MsgpackReader in(bytes);
  PeerEnvelope envelope;
  in.begin_array("message");
  const std::uint64_t version = in.uint("protocol version");
  if (in.ok() && version != peer_protocol_version) {
    return fail(Errc::unsupported, "the peer speaks protocol version " + std::to_string(version) +
                                       ", this program speaks version " +
                                       std::to_string(peer_protocol_version));
  }
  envelope.cluster = unpack_name(in, "cluster");
  envelope.sender = unpack_name(in, "sender");
  const std::uint64_t type = in.uint("message type");
  if (in.ok()) unpack_body(in, type, envelope.message);
  in.end_array();
  if (!in.ok()) return fail(Errc::malformed, "malformed message from a peer: " + in.problem());
  return envelope;
}

}  // namespace anabranch::wire
