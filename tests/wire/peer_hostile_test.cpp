#include "generators.h"
#include "wire/limits.h"
#include "wire/msgpack_writer.h"
#include "wire/peer_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>

// Bytes that no honest peer sends: each is refused, none is believed.

namespace anabranch::wire {
namespace {

/// How the fields of a write are put down; a test replaces one of them.
struct RawChange {
  std::string key{crdt::Path::parse("a")->key()};
  std::uint64_t kind = 0;
  std::string content = "1";
  std::size_t extra = 0;
};
struct RawWrite {
  std::string user = "user";
  std::uint64_t version = 1;
  std::int64_t timestamp = 0;
  std::string tab = "tab";
  std::uint64_t origin = 7;
  std::uint64_t seq = 1;
  std::vector<RawChange> changes = {{}};
  std::size_t extra = 0;
};

void put(MsgpackWriter& out, const RawWrite& write) {
  out.array(8 + write.extra);
  out.text(write.user);
  out.uint(write.version);
  out.integer(write.timestamp);
  out.text(write.tab);
  out.uint(write.origin);
  out.uint(write.seq);
  out.boolean(false);
  out.array(write.changes.size());
  for (const RawChange& change : write.changes) {
    out.array(3 + change.extra);
    out.bytes(change.key);
    out.uint(change.kind);
    out.bytes(change.content);
    for (std::size_t i = 0; i < change.extra; ++i) out.text("newer");
  }
  for (std::size_t i = 0; i < write.extra; ++i) out.array(0);
}

struct Head {
  std::uint64_t version = peer_protocol_version;
  std::string cluster = "main";
  std::string sender = "node-a";
  std::uint64_t type = 1;
};

/// A message whose fields are put down by `body`.
std::string message(const Head& head, const std::function<void(MsgpackWriter&)>& body) {
  MsgpackWriter out(256);
  out.array(5);
  out.uint(head.version);
  out.text(head.cluster);
  out.text(head.sender);
  out.uint(head.type);
  body(out);
  return out.take();
}

std::string published(const std::vector<RawWrite>& writes) {
  return message({}, [&](MsgpackWriter& out) {
    out.array(2);
    out.array(writes.size());
    for (const RawWrite& write : writes) put(out, write);
    out.boolean(true);
  });
}

/// Two writes of seqs 1 and 2, and what is told of their traces.
std::string traced(const std::function<void(MsgpackWriter&)>& put_traces) {
  return message({}, [&](MsgpackWriter& out) {
    out.array(4);
    out.array(2);
    put(out, {});
    RawWrite second;
    second.seq = 2;
    put(out, second);
    out.boolean(true);
    out.integer(1767268800000);
    put_traces(out);
  });
}

void refuses(const std::string& bytes, std::string_view named) {
  const auto received = decode_peer_message(bytes);
  ASSERT_FALSE(received) << named;
  EXPECT_EQ(received.error().code, Errc::malformed);
  EXPECT_NE(received.error().message.find(named), std::string::npos) << received.error().message;
}

void takes(const std::string& bytes) {
  const auto received = decode_peer_message(bytes);
  EXPECT_TRUE(received) << received.error().message;
}

TEST(PeerHostile, TracesAreOfTheWritesAndWellFormed) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto trace_of = [](std::uint64_t seq, const std::string& text) {
    return traced([&](MsgpackWriter& out) {
      out.array(2);
      out.uint(seq);
      out.text(text);
    });
  };
  takes(trace_of(1, good));
  takes(trace_of(2, good));
  refuses(trace_of(0, good), "seq of a trace");
  refuses(trace_of(3, good), "seq of a trace");
  refuses(trace_of(1, good + '0'), "traceparent");
  refuses(trace_of(1, "ff" + good.substr(2)), "traceparent");
  refuses(traced([](MsgpackWriter& out) { out.text("x"); }), "traces");
  refuses(traced([](MsgpackWriter& out) {
            out.array(1);
            out.uint(1);
          }),
          "traces");
}

TEST(PeerHostile, FieldsOutOfTheirRangeAreRefused) {
  takes(published({{}}));
  refuses(published({}), "writes");
  refuses(published({{.user = ""}}), "user");
  refuses(published({{.user = std::string(257, 'x')}}), "user");
  refuses(published({{.user = "a\nb"}}), "user");
  refuses(published({{.user = "\xff"}}), "user");
  refuses(published({{.version = 0}}), "version");
  refuses(published({{.version = crdt::max_version + 1}}), "version");
  takes(published({{.timestamp = max_time_ms}}));
  refuses(published({{.timestamp = max_time_ms + 1}}), "timestamp");
  refuses(published({{.timestamp = -max_time_ms - 1}}), "timestamp");
  refuses(published({{.timestamp = INT64_MIN}}), "timestamp");
  refuses(published({{.tab = ""}}), "tab");
  refuses(published({{.tab = std::string(129, 'x')}}), "tab");
  refuses(published({{.tab = "\xed\xa0\x80"}}), "tab");
  refuses(published({{.seq = 0}}), "seq");
  refuses(published({{.changes = {}}}), "changes");
}

TEST(PeerHostile, PathsAndContentsAreChecked) {
  const auto with = [](RawChange change) { return published({{.changes = {std::move(change)}}}); };
  for (const std::string& key :
       {std::string(), std::string("a"), std::string("\x02"),
        std::string("\x02"
                    "a"),
        std::string("\x02\0", 2),
        std::string("\x01\0"
                    "01",
                    4),
        std::string("\x01\x01"
                    "01",
                    4),
        std::string("\x02"
                    "1\0",
                    3),
        std::string("\x02__proto__\0", 11), std::string(2000, 'x'), std::string("\x02\xff\0", 3),
        std::string("\x02"
                    "a\0\x03",
                    4),
        std::string("\x01\xff", 2)}) {
    refuses(with({.key = key}), "path");
  }
  for (const char* content : {"", "1.0", " 1", "1 ", R"({"b":1,"a":2})", "[1e400]", "x", "\"\xff\"",
                              "1e5", "-0", R"("\u0041")"}) {
    refuses(with({.content = content}), "content");
  }
  takes(with({.content = std::string(64, '[') + std::string(64, ']')}));
  refuses(with({.content = std::string(65, '[') + std::string(65, ']')}), "content");
  refuses(with({.kind = 1, .content = "1"}), "content");
  takes(with({.kind = 1, .content = ""}));
  refuses(with({.kind = 256, .content = ""}), "kind");
  takes(with({.kind = 255, .content = std::string(max_opaque_bytes, '\xff')}));
  refuses(with({.kind = 2, .content = std::string(max_opaque_bytes + 1, 'x')}), "content");
}

TEST(PeerHostile, ChangesAreInPathOrderAndDistinct) {
  const auto key = [](std::string_view text) {
    return std::string(crdt::Path::parse(text)->key());
  };
  takes(published({{.changes = {{.key = key("9")}, {.key = key("10")}, {.key = key("a")}}}}));
  refuses(published({{.changes = {{.key = key("10")}, {.key = key("9")}}}}), "changes");
  refuses(published({{.changes = {{.key = key("a")}, {.key = key("a")}}}}), "changes");
}

TEST(PeerHostile, PublishedWritesAreOneRunOfOneOrigin) {
  takes(published({{.seq = 4}, {.seq = 5}}));
  refuses(published({{.seq = 4}, {.seq = 6}}), "consecutive");
  refuses(published({{.seq = 4}, {.seq = 4}}), "consecutive");
  refuses(published({{.seq = 4}, {.seq = 3}}), "consecutive");
  refuses(published({{.origin = 1, .seq = 4}, {.origin = 2, .seq = 5}}), "consecutive");
  refuses(published({{.seq = UINT64_MAX}, {.seq = 0}}), "seq");
}

TEST(PeerHostile, NewerFieldsAtTheEndAreSkipped) {
  takes(published({{.changes = {{.extra = 2}}, .extra = 3}}));
  takes(message({.type = 7}, [](MsgpackWriter& out) {
    out.array(4);
    out.uint(1);
    out.uint(2);
    out.text("newer");
    out.array(1);
    out.nil();
  }));
}

TEST(PeerHostile, MissingFieldsAndWrongTypesAreRefused) {
  refuses(message({.type = 7}, [](MsgpackWriter& out) { out.array(0); }), "id");
  refuses(message({.type = 7}, [](MsgpackWriter& out) { out.nil(); }), "fields");
  const auto credit = [](auto put_credit) {
    return message({.type = 7}, [put_credit](MsgpackWriter& out) {
      out.array(2);
      out.uint(1);
      put_credit(out);
    });
  };
  takes(credit([](MsgpackWriter& out) { out.uint(UINT32_MAX); }));
  refuses(credit([](MsgpackWriter& out) { out.uint(UINT64_C(1) << 32); }), "credit");
  refuses(credit([](MsgpackWriter& out) { out.integer(-1); }), "credit");
  refuses(credit([](MsgpackWriter& out) { out.text("1"); }), "credit");
  refuses(credit([](MsgpackWriter& out) { out.nil(); }), "credit");
  refuses(credit([](MsgpackWriter& out) { out.array(0); }), "credit");
}

TEST(PeerHostile, VectorsNameOriginsInOrderWithSeqs) {
  const auto pull = [](const std::vector<std::uint64_t>& flat) {
    return message({.type = 6}, [&](MsgpackWriter& out) {
      out.array(4);
      out.uint(1);
      out.array(flat.size());
      for (const std::uint64_t number : flat) out.uint(number);
      out.uint(1);
      out.boolean(true);
    });
  };
  takes(pull({}));
  takes(pull({0, 1, 5, 1}));
  refuses(pull({1}), "vector");
  refuses(pull({1, 0}), "seq");
  refuses(pull({5, 1, 5, 2}), "vector");
  refuses(pull({5, 1, 4, 2}), "vector");
  std::vector<std::uint64_t> many;
  for (std::uint64_t i = 0; i <= max_origins; ++i) many.insert(many.end(), {i, 1});
  refuses(pull(many), "vector");
}

TEST(PeerHostile, TheEnvelopeIsChecked) {
  const auto empty = [](MsgpackWriter& out) { out.array(0); };
  for (const std::string& name :
       {std::string(), std::string(257, 'x'), std::string("a\x01"), std::string("\xc0\x80")}) {
    refuses(message({.cluster = name}, empty), "cluster");
    refuses(message({.sender = name}, empty), "sender");
  }
  refuses(message({.type = 0}, empty), "type");
  refuses(message({.type = 10}, empty), "type");
  refuses(message({.type = UINT64_MAX}, empty), "type");
}

TEST(PeerHostile, AnotherProtocolVersionIsNamed) {
  for (const std::uint64_t version : {std::uint64_t{0}, std::uint64_t{2}, UINT64_MAX}) {
    MsgpackWriter out(64);
    out.array(2);
    out.uint(version);
    out.text("whatever a later version holds");
    const auto received = decode_peer_message(out.take());
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, Errc::unsupported);
    EXPECT_NE(received.error().message.find(std::to_string(version)), std::string::npos);
  }
}

TEST(PeerHostile, ClaimsOfSizeAreNotBelieved) {
  const std::string array("\xdd\xff\xff\xff\xff", 5), map("\xdf\xff\xff\xff\xff", 5);
  const std::string bytes("\xc6\xff\xff\xff\xff", 5), text("\xdb\xff\xff\xff\xff", 5);
  const std::string ext("\xc9\xff\xff\xff\xff\x01", 6), million("\xdd\x00\x10\x00\x00", 5);
  for (const std::string& claim : {array, map, bytes, text, ext, million}) {
    refuses(claim, "MessagePack");
    refuses('\x95' + claim, "MessagePack");
  }
  std::string nest;
  for (int i = 0; i < 14; ++i) nest += million;
  refuses(nest, "MessagePack");
}

TEST(PeerHostile, DepthAndElementsAreBounded) {
  refuses(std::string(5'000'000, '\x91') + '\xc0', "limits");
  refuses(std::string(5'000'000, '\x81'), "limits");
  std::string wide("\xdd\x00\x40\x00\x00", 5);
  wide.resize(5 + (4 << 20), '\x01');
  refuses(wide, "limits");
  refuses(std::string(max_peer_message_bytes + 1, '\0'), "too large");
}

TEST(PeerHostile, OneMessageIsOneValue) {
  const std::string good = encode({"main", "node-a", PullCredit{1, 2}});
  takes(good);
  refuses(good + '\0', "MessagePack");
  refuses(good + good, "MessagePack");
  refuses("", "MessagePack");
  refuses("\xc1", "MessagePack");
  refuses("\xc0", "message");
  refuses(std::string("\x80"), "message");
}

RC_GTEST_PROP(PeerHostile, EveryPrefixOfAMessageIsRefused, ()) {
  const std::string bytes = encode(*gen::envelope());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    RC_ASSERT(!decode_peer_message(std::string_view(bytes).substr(0, size)));
  }
}

RC_GTEST_PROP(PeerHostile, DamagedMessagesAreReadOrRefused, ()) {
  const auto received = decode_peer_message(*gen::damaged(encode(*gen::envelope())));
  // What is taken is sound: it survives the journey to the next node.
  if (!received) return;
  const auto again = decode_peer_message(encode(*received));
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *received);
}

RC_GTEST_PROP(PeerHostile, AnyBytesAreRefused, (const std::string& bytes)) {
  RC_ASSERT(!decode_peer_message(bytes));
}

}  // namespace
}  // namespace anabranch::wire
