#include "tests/simulation/node.h"
#include "tests/simulation/violation.h"

#include <utility>
#include <variant>

// The node's links to its peers, and the watch over what they are told.

namespace anabranch::simulation {

void Node::check_sent(const wire::PeerMessage& message) const {
  const crdt::VersionVector& durable = disk_vector();
  const auto check = [&](const crdt::VersionVector& vector) {
    require(durable.covers(vector) || was_admitted_lately(),
            [&] { return name_ + " reports what is not on its disk"; });
  };
  if (const auto* sent = std::get_if<wire::Heartbeat>(&message)) check(sent->report.vector);
  if (const auto* sent = std::get_if<wire::Hello>(&message)) check(sent->report.vector);
  if (const auto* sent = std::get_if<wire::Welcome>(&message)) check(sent->report.vector);
  if (const auto* sent = std::get_if<wire::Progress>(&message)) check(sent->vector);
  if (const auto* sent = std::get_if<wire::PublishedWrites>(&message)) {
    for (const crdt::Write& write : sent->writes) {
      require(durable.covers(write.dot),
              [&] { return name_ + " publishes what is not on its disk"; });
      world_.history.check_published(name_, write);
    }
  }
}

void Node::note_admitting(const wire::PeerMessage& message) {
  const auto* piece = std::get_if<wire::PullPiece>(&message);
  if (piece && piece->answerer && piece->id == admission_id_) admitting_ = piece->answerer->vector;
}

void Node::carry_out(cluster::Publish& effect) {
  check_sent(effect.message);
  for (const cluster::Member& other : options_.replica.others) {
    world_.network.send(name_, other.name, Network::Path::publish, effect.message);
  }
}

void Node::carry_out(cluster::AskPeer& effect) {
  check_sent(effect.message);
  const auto* repair = std::get_if<wire::RepairPull>(&effect.message);
  if (repair && !repair->digest) {
    is_mixed_ = true;
    admission_id_ = repair->id;
  }
  world_.network.send(name_, effect.peer, Network::Path::exact, std::move(effect.message));
}

void Node::carry_out(cluster::AnswerPeer& effect) {
  check_sent(effect.message);
  world_.network.send(name_, effect.peer, Network::Path::exact, std::move(effect.message));
}

void Node::carry_out(cluster::Note& effect) { world_.log(name_ + ": " + effect.text); }

}  // namespace anabranch::simulation
