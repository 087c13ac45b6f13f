#include "generators.h"

#include "wire/canonical_json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace anabranch::wire::gen {

namespace {

/// RapidCheck chooses the seed (and reports it); the rest follows from it. Much quicker than
/// composing generators for each character.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::uint64_t bits() { return engine_() >> below(64); }
  bool chance(unsigned percent) { return below(100) < percent; }

  std::string unicode(std::size_t max_characters) {
    static constexpr const char* pieces[] = {"a",  "b",    "7", " ", "\"", "\\",     "/",
                                             "\n", "\x01", "é", "€", "😀", "\ufb33", "\U0010ffff",
                                             "[",  "{",    ":", ",", "e",  "\x7f"};
    std::string text;
    for (auto i = below(max_characters + 1); i > 0; --i) text += pieces[below(std::size(pieces))];
    return text;
  }

  crdt::VersionVector vector() {
    crdt::VersionVector made;
    for (auto i = below(6); i > 0; --i) made.raise({bits()}, bits() | 1);
    return made;
  }

  Spelling spelling(int depth);
  crdt::Write write(Dot dot);
  std::vector<crdt::Write> writes();
  NodeReport report();
  PeerMessage message();

 private:
  std::string space() {
    static constexpr const char* spaces[] = {"", "", "", " ", "\n\t", "\r"};
    return spaces[below(std::size(spaces))];
  }
  std::string spell_string(const std::string& text);
  std::string spell_number(double number);
  Spelling object(int depth);
  Spelling array(int depth);
  crdt::Change change(const crdt::Path& path);

  std::mt19937_64 engine_;
};

std::string Maker::spell_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\' || (byte < 0x80 && chance(20))) {
      static constexpr char digits[] = "0123456789abcdefABCDEF";
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[(byte & 15) + ((byte & 15) > 9 && chance(50) ? 6 : 0)];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Maker::spell_number(double number) {
  std::string text;
  append_json_number(text, number);
  if (text.find_first_of(".e") != std::string::npos) return text;
  return text + std::string(chance(30) ? ".0" : "") + (chance(30) ? "e0" : "");
}

Spelling Maker::object(int depth) {
  std::map<std::string, Spelling> members;
  for (auto i = below(5); i > 0; --i) members[unicode(3)] = spelling(depth - 1);
  const auto spell = [&](bool second) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : members) keys.push_back(key);
    std::shuffle(keys.begin(), keys.end(), engine_);
    std::string out = "{";
    // A member that the later one of the same key must beat.
    if (!keys.empty() && chance(30)) out += spell_string(keys.back()) + ":[1],";
    for (const std::string& key : keys) {
      const Spelling& value = members[key];
      out += space() + spell_string(key) + space() + ':' + space();
      out += (second ? value.second : value.first) + space() + ',';
    }
    if (out.back() == ',') out.pop_back();
    return out + '}';
  };
  std::string first = spell(false);
  return {std::move(first), spell(true)};
}

Spelling Maker::array(int depth) {
  Spelling out{"[", "["};
  for (auto i = below(5); i > 0; --i) {
    const Spelling item = spelling(depth - 1);
    out.first += item.first + space() + (i > 1 ? "," : "");
    out.second += space() + item.second + (i > 1 ? "," : "");
  }
  return {out.first + ']', out.second + ']'};
}

Spelling Maker::spelling(int depth) {
  switch (below(depth > 0 ? 8 : 5)) {
    case 0:
      return {"null", "null"};
    case 1:
      return {"true", "true"};
    case 2: {
      const double number = static_cast<double>(static_cast<std::int64_t>(bits()));
      return {spell_number(number), spell_number(number)};
    }
    case 3: {
      const double number = static_cast<double>(bits()) / static_cast<double>(bits() | 1);
      return {spell_number(-number), spell_number(-number)};
    }
    case 4: {
      const std::string text = unicode(8);
      return {spell_string(text), spell_string(text)};
    }
    case 5:
      return array(depth);
    default:
      return object(depth);
  }
}

crdt::Change Maker::change(const crdt::Path& path) {
  using crdt::RecordKind;
  const auto kind = static_cast<RecordKind>(chance(10) ? 5 + below(251) : below(2));
  if (kind == RecordKind::tombstone) return {path, {kind, {}}};
  if (kind == RecordKind::value) {
    return {path, {kind, crdt::Value(*canonicalise(spelling(3).first))}};
  }
  return {path, {kind, crdt::Value(unicode(20) + '\xff')}};
}

crdt::Write Maker::write(Dot dot) {
  crdt::Write made;
  made.user = std::to_string(below(100)) + " é";
  made.stamp.version = 1 + below(crdt::max_version);
  made.stamp.timestamp_ms = static_cast<std::int64_t>(below(1u << 31)) - 1000;
  made.stamp.tab = unicode(4) + "tab";
  made.dot = dot;
  std::set<crdt::Path> paths;
  for (auto i = 1 + below(4); i > 0; --i) {
    const std::string leaf = std::to_string(below(30));
    paths.insert(*crdt::Path::parse(leaf + ".b." + std::to_string(below(30))));
  }
  for (const crdt::Path& path : paths) made.changes.push_back(change(path));
  made.is_batch = made.changes.size() > 1 || chance(50);
  return made;
}

std::vector<crdt::Write> Maker::writes() {
  std::vector<crdt::Write> made;
  Dot dot{{bits()}, 1 + (bits() >> 1)};
  for (auto i = 1 + below(4); i > 0; --i, ++dot.seq) made.push_back(write(dot));
  return made;
}

NodeReport Maker::report() {
  NodeReport made;
  made.replica = {bits()};
  made.vector = vector();
  made.holds_beyond = chance(50);
  made.digest = std::string(chance(80) ? 32 : 0, 'd');
  made.epoch = bits();
  made.ready = chance(50);
  made.draining = chance(50);
  made.wall_ms = static_cast<std::int64_t>(below(1ull << 52)) - (1ll << 51);
  made.standing = {chance(50), vector()};
  return made;
}

PeerMessage Maker::message() {
  switch (below(9)) {
    case 0: {
      PublishedWrites published{writes(), chance(80)};
      if (chance(70)) published.committed_ms = static_cast<std::int64_t>(below(1ull << 50));
      if (published.committed_ms && chance(50)) {
        published.traces[published.writes.back().dot.seq] = *Traceparent::parse(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0" + std::to_string(below(2)));
      }
      return published;
    }
    case 1:
      return Heartbeat{report()};
    case 2:
      return Hello{report(), static_cast<std::int64_t>(below(1ull << 50))};
    case 3:
      return Welcome{report(), -static_cast<std::int64_t>(below(1ull << 50))};
    case 4:
      return Progress{{bits()}, vector()};
    case 5:
      return Pull{bits(), vector(), static_cast<std::uint32_t>(bits() >> 32), chance(50)};
    case 6:
      return PullCredit{bits(), static_cast<std::uint32_t>(bits() >> 32)};
    case 7: {
      RepairPull pull{bits(), {}, static_cast<std::uint32_t>(bits() >> 32)};
      if (chance(80)) pull.digest.emplace();
      for (int i = 0; i < 5 && pull.digest; ++i) {
        pull.digest->add(below(crdt::StateDigest::bucket_count), bits());
      }
      return pull;
    }
    default: {
      PullPiece piece{bits(), bits(), {}, {}, {}};
      if (chance(20)) piece.answerer = Answerer{vector(), {chance(50), vector()}};
      if (chance(80)) piece.writes = writes();
      if (chance(50)) piece.vector = vector();
      return piece;
    }
  }
}

template <class Make>
auto seeded(Make make) {
  return rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [make](std::uint64_t seed) {
    Maker maker(seed);
    return make(maker);
  });
}

}  // namespace

rc::Gen<Spelling> json_spelt_twice() {
  return seeded([](Maker& maker) { return maker.spelling(4); });
}

rc::Gen<std::string> json() {
  return seeded([](Maker& maker) { return maker.spelling(4).first; });
}

rc::Gen<std::string> damaged(std::string bytes) {
  return seeded([bytes = std::move(bytes)](Maker& maker) {
    std::string out = bytes;
    for (auto i = 1 + maker.below(4); i > 0 && !out.empty(); --i) {
      const auto at = maker.below(out.size());
      switch (maker.below(5)) {
        case 0:
          out[at] = static_cast<char>(maker.bits());
          break;
        case 1:
          out[at] = static_cast<char>(out[at] ^ (1 << maker.below(8)));
          break;
        case 2:
          out.erase(at, 1 + maker.below(4));
          break;
        case 3:
          out.insert(at, 1 + maker.below(3), static_cast<char>(maker.bits()));
          break;
        default:
          out.insert(at, out.substr(maker.below(out.size()), maker.below(20)));
          break;
      }
    }
    return out;
  });
}

rc::Gen<crdt::VersionVector> vector() {
  return seeded([](Maker& maker) { return maker.vector(); });
}

rc::Gen<PeerEnvelope> envelope() {
  return seeded([](Maker& maker) {
    return PeerEnvelope{"main", "node-" + std::to_string(maker.below(9)), maker.message()};
  });
}

}  // namespace anabranch::wire::gen
