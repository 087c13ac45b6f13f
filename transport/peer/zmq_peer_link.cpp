#include "base/check.h"
#include "transport/peer/byte_budget.h"
#include "transport/peer/peer_link.h"
#include "transport/peer/peer_loop.h"
#include "transport/peer/peer_outbox.h"
#include "wire/limits.h"
#include "wire/peer_codec.h"

#include <thread>
#include <utility>

namespace anabranch::transport {
namespace {

// What may be on its way out at once, in bytes, in our queue and in libzmq's together. Each has a
// budget of its own, so that a peer that takes publications too slowly stops no answer.
constexpr std::size_t max_publication_bytes = std::size_t{128} << 20;
constexpr std::size_t max_directed_bytes = std::size_t{64} << 20;

class ZmqPeerLink final : public PeerLink {
 public:
  explicit ZmqPeerLink(const PeerLinkOptions& options)
      : cluster_(options.cluster), name_(options.name) {}
  ~ZmqPeerLink() override {
    if (!thread_.joinable()) return;
    outbox_.put_stop();
    thread_.join();
  }

  Result<void> open(PeerLinkOptions options, PeerHandler handler, const Clock& clock) {
    if (outbox_.wake_descriptor() < 0) {
      return fail(Errc::io, "no file descriptor is left for the links to the peers");
    }
    auto loop = PeerLoop::open(std::move(options), std::move(handler), outbox_, counters_, clock);
    if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
    loop_ = std::move(*loop);
    publish_endpoint_ = loop_->publish_endpoint();
    sync_endpoint_ = loop_->sync_endpoint();
    thread_ = std::thread(&PeerLoop::run, loop_.get());
    return {};
  }

  void publish(const wire::PeerMessage& message) override {
    ANABRANCH_CHECK(channel_of(message) == PeerChannel::publications);
    send({}, message, publications_);
  }
  void ask(const std::string& peer, const wire::PeerMessage& message) override {
    ANABRANCH_CHECK(channel_of(message) == PeerChannel::asks);
    send(peer, message, directed_);
  }
  void answer(const std::string& peer, const wire::PeerMessage& message) override {
    ANABRANCH_CHECK(channel_of(message) == PeerChannel::answers);
    send(peer, message, directed_);
  }
  void set_peers(std::vector<PeerAddress> peers) override { outbox_.put(std::move(peers)); }
  void set_keys(CurveKeys keys) override { outbox_.put(std::move(keys)); }

  std::string publish_endpoint() const override { return publish_endpoint_; }
  std::string sync_endpoint() const override { return sync_endpoint_; }

  PeerLinkStats stats() const override {
    return {counters_.received.load(std::memory_order_relaxed),
            counters_.refused.load(std::memory_order_relaxed),
            counters_.unsent.load(std::memory_order_relaxed),
            counters_.rebuilt.load(std::memory_order_relaxed)};
  }

 private:
  // Encodes on the caller's thread, so that the link's thread only moves bytes.
  void send(const std::string& peer, const wire::PeerMessage& message,
            const std::shared_ptr<ByteBudget>& budget) {
    std::string bytes = wire::encode({cluster_, name_, message});
    // A peer cuts the connection by which more than this comes.
    std::unique_ptr<CountedBytes> counted;
    if (bytes.size() <= wire::max_peer_message_bytes) {
      counted = CountedBytes::make(std::move(bytes), budget);
    }
    if (!counted) {
      counters_.unsent.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    outbox_.put({channel_of(message), peer, std::move(counted)});
  }

  const std::string cluster_;
  const std::string name_;
  const std::shared_ptr<ByteBudget> publications_ =
      std::make_shared<ByteBudget>(max_publication_bytes);
  const std::shared_ptr<ByteBudget> directed_ = std::make_shared<ByteBudget>(max_directed_bytes);
  PeerOutbox outbox_;
  PeerLinkCounters counters_;
  std::string publish_endpoint_;
  std::string sync_endpoint_;
  std::unique_ptr<PeerLoop> loop_;
  std::thread thread_;
};

Result<void> check_keys(PeerLinkOptions& options) {
  if (options.secret_key.empty()) return {};
  Result<std::string> public_key = curve_public_key(options.secret_key);
  if (!public_key) {
    return fail(Errc::invalid_config, "this node's secret key: " + public_key.error().message);
  }
  if (options.public_key.empty()) options.public_key = *public_key;
  if (options.public_key != *public_key) {
    return fail(
        Errc::invalid_config,
        "this node's public key does not belong to its secret key, which has " + *public_key);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<PeerLink>> open_peer_link(PeerLinkOptions options, PeerHandler handler,
                                                 const Clock& clock) {
  if (Result<void> keys = check_keys(options); !keys) {
    return tl::unexpected<Error>(std::move(keys.error()));
  }
  auto link = std::make_unique<ZmqPeerLink>(options);
  Result<void> opened = link->open(std::move(options), std::move(handler), clock);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  return link;
}

}  // namespace anabranch::transport
