#include "tests/transport/client/fakes.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <thread>

namespace anabranch::transport {
namespace {

using Done = std::function<void(HttpAnswer)>;

/// Answers with what it was asked.
void echo(const HttpQuery& query, const Done& done) {
  HttpAnswer answer;
  answer.content_type = "text/plain";
  answer.any_origin = query.path == "/open";
  answer.status = query.path == "/missing" ? 404 : 200;
  answer.body = query.method + " " + query.path;
  for (const auto& [name, value] : query.parameters) answer.body += " " + name + "=" + value;
  if (!query.authorization.empty()) answer.body += " " + query.authorization;
  done(answer);
}

TEST(Http, HandsRequestsToTheHandler) {
  TestServer server(nullptr, echo);
  TestClient client(server.port());
  const HttpReply reply =
      client.request("GET", "/v1/a%20b?user=a%26b&p=x", "Authorization: Bearer t\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "GET /v1/a b user=a&b p=x Bearer t");
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain");
  EXPECT_FALSE(reply.headers.contains("access-control-allow-origin"));
}

TEST(Http, KeepsTheConnectionForFurtherRequests) {
  TestServer server(nullptr, echo);
  TestClient client(server.port());
  EXPECT_EQ(client.request("GET", "/open").headers.at("access-control-allow-origin"), "*");
  EXPECT_EQ(client.request("GET", "/missing").status, 404);
  EXPECT_EQ(client.request("POST", "/x", "", std::string(65536, 'b')).body, "POST /x");
  client.send_bytes("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "GET /1");
  EXPECT_EQ(client.read_reply().body, "GET /2");
}

TEST(Http, EndsTheConnectionWhereAsked) {
  TestServer server(nullptr, echo);
  TestClient client(server.port());
  EXPECT_EQ(client.request("GET", "/", "Connection: close\r\n").status, 200);
  EXPECT_TRUE(client.ended());
}

TEST(Http, AnswersHeadWithoutABody) {
  TestServer server(nullptr, echo);
  TestClient client(server.port());
  const HttpReply head = client.request("HEAD", "/x", "", "", false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "6");
  EXPECT_EQ(client.request("GET", "/x").body, "GET /x");
}

TEST(Http, RefusesWhatIsTooLargeOrNotHttp) {
  TestServer server(nullptr, echo);
  const auto status = [&](const std::string& request) {
    TestClient client(server.port());
    client.send_bytes(request);
    const int given = client.read_reply().status;
    EXPECT_TRUE(client.ended());
    return given;
  };
  EXPECT_EQ(status("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"), 413);
  EXPECT_EQ(status("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n"), 400);
}

TEST(Http, TakesAnAnswerLaterFromAnotherThread) {
  std::thread thread;
  {
    TestServer server(nullptr, [&thread](HttpQuery query, Done done) {
      thread =
          std::thread([query = std::move(query), done = std::move(done)] { echo(query, done); });
    });
    EXPECT_EQ(TestClient(server.port()).request("GET", "/later").body, "GET /later");
    thread.join();
  }
}

TEST(Http, TakesAnAnswerAfterTheServerIsGone) {
  std::promise<Done> asked;
  Done late;
  {
    TestServer server(nullptr,
                      [&](const HttpQuery&, Done done) { asked.set_value(std::move(done)); });
    TestClient client(server.port());
    client.send_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    late = asked.get_future().get();
    server.server->stop();
    EXPECT_TRUE(client.ended());
  }
  late({});
}

TEST(Http, WithoutAHandlerFindsNothing) {
  TestServer server;
  EXPECT_EQ(TestClient(server.port()).request("GET", "/healthz").status, 404);
}

TEST(Listening, OnATakenPortSaysSo) {
  TestServer first;
  ServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(first.port());
  const auto second = start_server(options, nullptr, nullptr, nullptr, first.clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::in_use);
  EXPECT_NE(second.error().message.find(options.listen), std::string::npos);
}

TEST(Listening, NeedsAnAddressAndAPort) {
  const TestClock clock;
  for (const char* listen : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "nowhere:80",
                             "127.0.0.1:80x", "203.0.113.1:0"}) {
    ServerOptions options;
    options.listen = listen;
    const auto server = start_server(options, nullptr, nullptr, nullptr, clock);
    ASSERT_FALSE(server) << listen;
    EXPECT_EQ(server.error().code, Errc::io);
  }
}

/// Leaves the process no file descriptor beyond those that are open and `spare` more.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t spare) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = dup(0);
    close(next);
    const rlimit few{static_cast<rlim_t>(next) + spare, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(Listening, OutlastsAShortageOfFileDescriptors) {
  TestServer server(nullptr, echo);
  // The first is gone once the second has its reply: a sanitizer that looks at its remains wants
  // descriptors too.
  EXPECT_EQ(TestClient(server.port()).request("GET", "/before").status, 200);
  EXPECT_EQ(TestClient(server.port()).request("GET", "/before").status, 200);
  std::unique_ptr<TestClient> client;
  {
    const FewDescriptors limit(1);
    client = std::make_unique<TestClient>(server.port());
    client->send_bytes("GET /after HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(client->readable_within(std::chrono::milliseconds(300)));
  }
  EXPECT_EQ(client->read_reply().body, "GET /after");
}

}  // namespace
}  // namespace anabranch::transport
