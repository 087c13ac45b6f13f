#include "tests/transport/peer/test_node.h"
#include "wire/limits.h"
#include "wire/peer_codec.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.hpp>

// Peers that do not keep to the rules. Whatever they do, the node goes on with the others.

namespace anabranch::transport::testing {
namespace {

// A connection that ZeroMQ knows nothing of.
class RawConnection {
 public:
  explicit RawConnection(const std::string& endpoint)
      : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawConnection() { close(descriptor_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void send(const std::string& bytes) {
    // The other side may have hung up already, and rightly so.
    (void)!::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

 private:
  const int descriptor_;
};

struct HostileTest : ::testing::Test {
  TestNode a{options_of("a")};
  TestNode b{options_of("b")};
  zmq::context_t context;

  void SetUp() override {
    connect({&a, &b});
    ASSERT_TRUE(well());
  }
  bool well() { return linked(a, b) && linked(b, a); }

  zmq::socket_t dealer() {
    zmq::socket_t socket(context, ZMQ_DEALER);
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(a.address().sync);
    return socket;
  }
  bool refuses(zmq::socket_t& from, const std::string& bytes) {
    const std::uint64_t before = a.link().stats().refused;
    from.send(zmq::buffer(bytes), zmq::send_flags::none);
    return eventually([&] { return a.link().stats().refused > before; });
  }
};

const std::string greeting = std::string("\xff\0\0\0\0\0\0\0\x01\x7f", 10);

TEST_F(HostileTest, RawGarbageOnThePortsIsOfNoConsequence) {
  const std::string garbage[] = {
      "GET / HTTP/1.1\r\n\r\n",
      std::string(100'000, '\xff'),
      std::string(64, '\0'),
      greeting,
      greeting + std::string("\x03\0NULL", 6) + std::string(48, '\0') + std::string(1000, '\xff'),
      // A frame that claims 2^63-1 bytes, after a whole greeting.
      greeting + std::string("\x03\0NULL", 6) + std::string(48, '\0') +
          std::string("\x02\x7f\xff\xff\xff\xff\xff\xff\xff", 9),
  };
  for (const std::string& endpoint : {a.address().publish, a.address().sync}) {
    for (const std::string& bytes : garbage) {
      RawConnection lasting(endpoint);
      lasting.send(bytes);
      RawConnection(endpoint).send(bytes);
      EXPECT_TRUE(linked(b, a));
    }
  }
  EXPECT_TRUE(well());
}

TEST_F(HostileTest, MessagesThatDoNotDecodeAreDropped) {
  zmq::socket_t socket = dealer();
  EXPECT_TRUE(refuses(socket, ""));
  EXPECT_TRUE(refuses(socket, std::string(10'000, '\xc1')));
  EXPECT_TRUE(refuses(socket, wire::encode({"test", "b", hello(1)}).substr(0, 20)));
  EXPECT_TRUE(a.has_logged("dropped a message"));
  EXPECT_TRUE(well());
}

TEST_F(HostileTest, MessagesOfOthersAreDropped) {
  zmq::socket_t socket = dealer();
  EXPECT_TRUE(refuses(socket, wire::encode({"other", "b", pull(1)})));
  EXPECT_TRUE(refuses(socket, wire::encode({"test", "stranger", pull(1)})));
  EXPECT_TRUE(refuses(socket, wire::encode({"test", "a", pull(1)})));
  EXPECT_TRUE(refuses(socket, wire::encode({"test", "b", heartbeat(1)})));
  EXPECT_TRUE(refuses(socket, wire::encode({"test", "b", piece(1)})));
  EXPECT_TRUE(well());
}

TEST_F(HostileTest, MessagesOfManyFramesAreDropped) {
  zmq::socket_t socket = dealer();
  const std::string proper = wire::encode({"test", "b", pull(1)});
  const std::uint64_t before = a.link().stats().refused;
  for (int i = 0; i < 50; ++i) socket.send(zmq::buffer(proper), zmq::send_flags::sndmore);
  socket.send(zmq::buffer(proper), zmq::send_flags::none);
  EXPECT_TRUE(eventually([&] { return a.link().stats().refused == before + 1; }));
  EXPECT_FALSE(a.inbox().has("b", pull(1)));
  EXPECT_TRUE(well());
}

TEST_F(HostileTest, AnOversizeRequestEndsItsConnectionAlone) {
  zmq::socket_t socket = dealer();
  const std::uint64_t before = a.link().stats().refused;
  socket.send(zmq::buffer(std::string(17 << 20, 'x')), zmq::send_flags::none);
  EXPECT_TRUE(well());
  EXPECT_EQ(a.link().stats().refused, before);
}

TEST_F(HostileTest, AFloodOfSubscriptionsIsOfNoConsequence) {
  zmq::socket_t socket(context, ZMQ_SUB);
  socket.set(zmq::sockopt::linger, 0);
  socket.connect(a.address().publish);
  for (int i = 0; i < 1000; ++i) socket.set(zmq::sockopt::subscribe, std::to_string(i));
  socket.set(zmq::sockopt::subscribe, std::string(100'000, 'x'));
  EXPECT_TRUE(well());
}

// What a publisher says is checked as well: here a member whose PUB speaks nonsense.
TEST_F(HostileTest, NonsensePublicationsAreDropped) {
  zmq::socket_t publisher(context, ZMQ_PUB);
  publisher.set(zmq::sockopt::linger, 0);
  publisher.bind("tcp://127.0.0.1:*");
  PeerAddress evil{"evil", publisher.get(zmq::sockopt::last_endpoint), "tcp://127.0.0.1:1", ""};
  a.link().set_peers({b.address(), evil});
  const std::string nonsense[] = {
      "", std::string(1000, '\xff'), wire::encode({"test", "b", heartbeat(1)}),
      wire::encode({"test", "evil", pull(1)}), wire::encode({"other", "evil", heartbeat(1)})};
  const std::uint64_t before = a.link().stats().refused;
  EXPECT_TRUE(eventually([&] {
    for (const std::string& bytes : nonsense) publisher.send(zmq::buffer(bytes));
    return a.link().stats().refused >= before + 50;
  }));
  EXPECT_FALSE(a.inbox().has("b", heartbeat(1)));
  EXPECT_FALSE(a.inbox().has("evil", heartbeat(1)));
  EXPECT_FALSE(a.inbox().has("evil", pull(1)));

  publisher.send(zmq::buffer(std::string(wire::max_peer_message_bytes + 1, 'x')));
  EXPECT_TRUE(well());
}

// A member that asks and then does not take the answers: they pile up only so far, and what it
// held up is free again when it goes.
TEST_F(HostileTest, AnswersThatAreNotTakenAreBoundedInBytes) {
  TestNode c(options_of("c"));
  connect({&a, &b, &c});
  {
    zmq::socket_t idle(context, ZMQ_DEALER);
    idle.set(zmq::sockopt::linger, 0);
    idle.set(zmq::sockopt::rcvhwm, 1);
    idle.connect(a.address().sync);
    idle.send(zmq::buffer(wire::encode({"test", "c", pull(1)})), zmq::send_flags::none);
    ASSERT_TRUE(a.inbox().gets("c", pull(1)));
    const std::uint64_t before = a.link().stats().unsent;
    for (int i = 0; i < 120; ++i) a.link().answer("c", piece_of(1 << 20));
    EXPECT_GE(a.link().stats().unsent, before + 20);
    EXPECT_TRUE(hears(b, a));
  }
  EXPECT_TRUE(well());
}

}  // namespace
}  // namespace anabranch::transport::testing
