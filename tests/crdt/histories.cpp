#include "histories.h"

#include "naive_json.h"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace anabranch::crdt::testing {

namespace json = boost::json;

namespace {

// RapidCheck reads its settings from the environment alone, when the first property starts. What
// is set there already (to replay a counterexample, say) stands.
[[maybe_unused]] const int configured = setenv("RC_PARAMS", "max_success=1000", 0);

template <class T>
rc::Gen<std::vector<T>> up_to(int count, const rc::Gen<T>& element) {
  return rc::gen::mapcat(rc::gen::inRange(0, count + 1), [element](int size) {
    return rc::gen::container<std::vector<T>>(static_cast<std::size_t>(size), element);
  });
}

rc::Gen<json::value> any_scalar() {
  return rc::gen::element<json::value>(nullptr, true, false, 0, 7, -1, "", "text", "q\"uote",
                                       "back\\slash\\", "[", "]", "{", "}", ",", ":", "\"},{\"",
                                       "line\n\x01", "\u00e9\U0001f600");
}

rc::Gen<json::value> value_of_depth(int depth) {
  if (depth == 0) return any_scalar();
  const auto inner = value_of_depth(depth - 1);
  const auto key = rc::gen::oneOf(any_segment(), any_segment(),
                                  rc::gen::element<std::string>("", "\n", "\"", "\x01", "a\tb"));
  const auto object = rc::gen::map(up_to(4, rc::gen::pair(key, inner)), [](const auto& members) {
    json::object made;
    for (const auto& [name, value] : members) made[name] = value;
    return json::value(std::move(made));
  });
  const auto array = rc::gen::map(up_to(3, inner), [](const auto& elements) {
    return json::value(json::array(elements.begin(), elements.end()));
  });
  return rc::gen::oneOf(any_scalar(), object, object, array, array);
}

rc::Gen<Payload> any_payload() {
  const auto value = rc::gen::map(any_value(), [](std::string text) {
    return Payload{RecordKind::value, Value(std::move(text))};
  });
  const auto tombstone = rc::gen::just(Payload{RecordKind::tombstone, {}});
  const auto unknown = rc::gen::map(
      rc::gen::pair(rc::gen::inRange(5, 7), rc::gen::element<std::string>("", "x", "\xff")),
      [](const std::pair<int, std::string>& parts) {
        return Payload{static_cast<RecordKind>(parts.first), Value(parts.second)};
      });
  return rc::gen::weightedOneOf<Payload>({{10, value}, {5, tombstone}, {1, unknown}});
}

rc::Gen<Stamp> any_stamp() {
  return rc::gen::map(rc::gen::tuple(rc::gen::inRange(1, 6), rc::gen::inRange(-1, 3),
                                     rc::gen::element<std::string>("t", "u", "\u00e9")),
                      [](const std::tuple<int, int, std::string>& parts) {
                        return Stamp{static_cast<std::uint64_t>(std::get<0>(parts)),
                                     std::get<1>(parts), std::get<2>(parts)};
                      });
}

/// What one client's write is made from.
struct Draft {
  Stamp stamp;
  std::vector<std::pair<Segments, Payload>> changes;
  std::uint64_t origin;
  int resent_after;  ///< how many writes later another node takes it too; 0: none does
};

rc::Gen<Draft> any_draft() {
  const auto change = rc::gen::pair(any_path(), any_payload());
  const auto single = rc::gen::container<std::vector<std::pair<Segments, Payload>>>(1, change);
  const auto batch = rc::gen::container<std::vector<std::pair<Segments, Payload>>>(3, change);
  return rc::gen::construct<Draft>(any_stamp(), rc::gen::oneOf(single, single, batch),
                                   rc::gen::inRange<std::uint64_t>(1, 4),
                                   rc::gen::element(0, 0, 0, 1, 2));
}

void append_write(History& history, const Draft& draft, Dot dot) {
  std::set<Segments> taken;
  for (const auto& [path, payload] : draft.changes) {
    if (!taken.insert(path).second) continue;
    history.push_back({path, {draft.stamp, dot, draft.changes.size() > 1, payload}});
  }
}

History history_of(const std::vector<Draft>& drafts) {
  History history;
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    append_write(history, drafts[i], {{drafts[i].origin}, ++seq});
    for (std::size_t back = 1; back <= 2 && back <= i; ++back) {
      const Draft& earlier = drafts[i - back];
      if (earlier.resent_after == static_cast<int>(back)) {
        append_write(history, earlier, {{earlier.origin % 3 + 1}, ++seq});
      }
    }
  }
  return history;
}

}  // namespace

rc::Gen<std::string> any_segment() {
  return rc::gen::weightedElement<std::string>({{6, "a"},
                                                {4, "b"},
                                                {4, "0"},
                                                {3, "1"},
                                                {2, "2"},
                                                {1, "10"},
                                                {1, "01"},
                                                {1, "a b"},
                                                {1, "a!"},
                                                {1, "x.y"},
                                                {1, "q\""},
                                                {1, "b\\"},
                                                {1, "\u00e9"},
                                                {1, "\uff5e"},
                                                {1, "\U0001f600"},
                                                {1, "99999999999999999999"}});
}

rc::Gen<Segments> any_path() {
  return rc::gen::mapcat(
      rc::gen::weightedElement<std::size_t>({{3, 1}, {4, 2}, {2, 3}}),
      [](std::size_t size) { return rc::gen::container<Segments>(size, any_segment()); });
}

rc::Gen<std::string> any_value() {
  return rc::gen::map(
      rc::gen::mapcat(rc::gen::inRange(0, 4), [](int depth) { return value_of_depth(depth); }),
      [](const json::value& value) { return canonical_text(value); });
}

rc::Gen<History> any_history() { return rc::gen::map(up_to(14, any_draft()), history_of); }

rc::Gen<History> shuffled_with_repeats(const History& history) {
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(
                          history.size() * 2, rc::gen::arbitrary<std::uint32_t>()),
                      [history](const std::vector<std::uint32_t>& dice) {
                        std::vector<std::pair<std::uint32_t, std::size_t>> order;
                        for (std::size_t i = 0; i < dice.size(); ++i) {
                          const bool is_repeat = i >= history.size();
                          if (!is_repeat || dice[i] % 2 == 0)
                            order.emplace_back(dice[i], i % history.size());
                        }
                        std::sort(order.begin(), order.end());
                        History shuffled;
                        for (const auto& [die, index] : order) shuffled.push_back(history[index]);
                        return shuffled;
                      });
}

Document document_of(const History& history) {
  Document document;
  for (const Put& put : history) document.merge(path_of(put.path), put.record);
  return document;
}

std::ostream& operator<<(std::ostream& out, const Put& put) {
  return out << text_of(put.path) << " = " << put.record;
}

}  // namespace anabranch::crdt::testing

namespace anabranch::crdt {

std::ostream& operator<<(std::ostream& out, Verdict verdict) {
  switch (verdict) {
    case Verdict::wins:
      return out << "wins";
    case Verdict::repeated:
      return out << "repeated";
    case Verdict::loses:
      return out << "loses";
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const Path& path) { return out << path.text(); }

std::ostream& operator<<(std::ostream& out, const Record& record) {
  const Payload& payload = record.payload;
  if (payload.kind == RecordKind::tombstone) {
    out << "deleted";
  } else if (payload.kind == RecordKind::value) {
    out << payload.value.text();
  } else {
    out << "kind " << static_cast<int>(payload.kind) << " '" << payload.value.text() << "'";
  }
  const Stamp& stamp = record.stamp;
  return out << " @(" << stamp.version << "," << stamp.timestamp_ms << "," << stamp.tab.view()
             << ") " << record.dot.to_string() << (record.from_batch ? " batch" : "");
}

}  // namespace anabranch::crdt
