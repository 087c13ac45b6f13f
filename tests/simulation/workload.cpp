#include "tests/simulation/workload.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace anabranch::simulation {

namespace {

const char* const paths[] = {"a", "a.b", "a.b.c", "a.b.c.d", "a.e", "f", "f.0", "f.1", "g"};

}  // namespace

void Workload::act() {
  Client& client = *random_.pick(clients_);
  const std::size_t what = random_.below(100);
  if (what < 60) {
    write(client);
  } else if (what < 74 || !client.node()) {
    client.connect(*random_.pick(nodes_));
  } else if (what < 81) {
    client.disconnect();
  } else if (what < 88) {
    client.request();
  } else if (what < 90) {
    client.probe();
  } else if (what < 97) {
    client.retry();
  } else if (auto* full = dynamic_cast<FullClient*>(&client)) {
    full->forget_cursor();
  }
}

crdt::Change Workload::make_change(const crdt::Path& path) {
  const std::size_t kind = random_.below(100);
  if (kind < 30) return {path, {crdt::RecordKind::tombstone, {}}};
  const std::string number = std::to_string(++values_);
  std::string value = number;
  if (kind < 50) value = R"({"b":)" + number + "}";
  if (kind >= 50 && kind < 60) value = "[" + number + "," + number + "]";
  if (kind >= 60 && kind < 70) value = "7";  // now and then the same as before
  return {path, {crdt::RecordKind::value, crdt::Value(value)}};
}

void Workload::write(Client& client) {
  const bool is_batch = random_.chance(25);
  const std::int64_t count = is_batch ? random_.between(1, 4) : 1;
  std::set<crdt::Path> chosen;
  for (std::int64_t i = 0; i < count; ++i) {
    chosen.insert(crdt::Path::parse(paths[random_.below(std::size(paths))]).value());
  }
  std::vector<crdt::Change> changes;
  for (const crdt::Path& path : chosen) changes.push_back(make_change(path));
  client.write(std::move(changes), is_batch);
}

}  // namespace anabranch::simulation
