// The examples of tests/vectors, which the TypeScript client runs as well.

#include "crdt/document.h"
#include "crdt/materialise.h"
#include "wire/canonical_json.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace anabranch::crdt {
namespace {

namespace json = boost::json;

json::object read_vectors() {
  std::ifstream file(ANABRANCH_VECTORS);
  std::ostringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_object();
}

const json::array& vectors(const char* name) {
  static const json::object all = read_vectors();
  return all.at(name).as_array();
}

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

std::string canonical(const json::value& value) {
  return wire::canonicalise(json::serialize(value)).value();
}

Path path_of(const json::value& vector) { return Path::parse(text_of(vector.at("path"))).value(); }

Stamp stamp_of(const json::value& vector) {
  return {vector.at("version").to_number<std::uint64_t>(),
          vector.at("time").to_number<std::int64_t>(), text_of(vector.at("tab"))};
}

Record record_of(const json::value& vector, std::uint64_t seq) {
  Payload payload{RecordKind::tombstone, {}};
  if (const auto* value = vector.as_object().if_contains("value")) {
    payload = {RecordKind::value, Value(canonical(*value))};
  }
  return {stamp_of(vector), {{1}, seq}, false, std::move(payload)};
}

/// Some orders of `count` records: every rotation, forwards and backwards.
std::vector<std::vector<std::size_t>> orders_of(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::vector<std::size_t>> orders = {order};
  for (std::size_t i = 0; i < count; ++i) {
    std::rotate(order.begin(), order.begin() + 1, order.end());
    orders.push_back(order);
    orders.emplace_back(order.rbegin(), order.rend());
  }
  return orders;
}

/// What stands, by path: the stamp and the content.
using Standing = std::map<Path, std::pair<Stamp, Payload>>;

Standing standing_in(const Document& document) {
  Standing standing;
  for (const auto& [path, record] : document.records()) {
    standing.emplace(path, std::pair(record.stamp, record.payload));
  }
  return standing;
}

Standing wanted_of(const json::value& example) {
  Standing wanted;
  for (const auto& at : example.at("standing").as_array()) {
    const auto& vector = example.at("records").as_array().at(at.to_number<std::size_t>());
    const Record record = record_of(vector, 1);
    wanted.emplace(path_of(vector), std::pair(record.stamp, record.payload));
  }
  return wanted;
}

TEST(Vectors, ConflictsEndTheSameInEveryOrder) {
  for (const auto& example : vectors("cases")) {
    SCOPED_TRACE(text_of(example.at("name")));
    const json::array& records = example.at("records").as_array();
    for (const auto& order : orders_of(records.size())) {
      Document document;
      for (const std::size_t at : order) {
        document.merge(path_of(records[at]), record_of(records[at], at + 1));
      }
      EXPECT_EQ(materialise(document), canonical(example.at("state")));
      EXPECT_EQ(standing_in(document), wanted_of(example));
    }
  }
}

TEST(Vectors, PathsAreReadOrRefused) {
  for (const auto& vector : vectors("paths")) {
    SCOPED_TRACE(text_of(vector.at("path")));
    const auto path = Path::parse(text_of(vector.at("path")));
    const auto* segments = vector.as_object().if_contains("segments");
    ASSERT_EQ(path.has_value(), segments != nullptr);
    if (!path) continue;
    EXPECT_EQ(path->text(), text_of(vector.at("path")));
    std::string_view rest = path->key();
    for (const auto& segment : segments->as_array()) {
      ASSERT_FALSE(rest.empty());
      EXPECT_EQ(take_segment(rest).text, text_of(segment));
    }
    EXPECT_TRUE(rest.empty());
  }
}

TEST(Vectors, PathsAreOrdered) {
  std::vector<Path> paths;
  for (const auto& text : vectors("pathOrder")) {
    paths.push_back(Path::parse(text_of(text)).value());
  }
  EXPECT_TRUE(std::ranges::is_sorted(paths));
}

TEST(Vectors, StampsAreOrdered) {
  std::vector<Stamp> stamps;
  for (const auto& vector : vectors("stampOrder")) stamps.push_back(stamp_of(vector));
  EXPECT_TRUE(std::ranges::is_sorted(stamps));
}

TEST(Vectors, ValuesHaveTheCanonicalText) {
  for (const auto& vector : vectors("canonical")) {
    EXPECT_EQ(canonical(vector.at("value")), text_of(vector.at("text")));
  }
}

}  // namespace
}  // namespace anabranch::crdt
