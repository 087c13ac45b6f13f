#include "node/admin_client.h"

#include "tests/node/one_answer_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anabranch::node {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

AdminTarget target_of(const OneAnswerServer& server) {
  return {{"127.0.0.1", server.port()}, "", std::chrono::seconds(20)};
}

TEST(AdminClient, AsksAndReturnsStatusAndBody) {
  OneAnswerServer server(http_response("200 OK", "{\"a\":1}"));
  const auto answer = admin_request(target_of(server), "GET", "/v1/state?user=a");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->body, "{\"a\":1}");
  const std::string request = server.request();
  EXPECT_THAT(request, StartsWith("GET /v1/state?user=a HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Host: 127.0.0.1:"));
  EXPECT_THAT(request, Not(HasSubstr("Authorization")));
}

TEST(AdminClient, ShowsTheTokenWhereItHasOne) {
  OneAnswerServer server(http_response("401 Unauthorized", "no"));
  AdminTarget target = target_of(server);
  target.token = "t0ken";
  EXPECT_EQ(admin_request(target, "GET", "/")->status, 401u);
  EXPECT_THAT(server.request(), HasSubstr("Authorization: Bearer t0ken\r\n"));
}

TEST(AdminClient, AnAnswerOfSeveralMegabytesIsTaken) {
  const std::string body(6 << 20, 'x');
  OneAnswerServer server(http_response("200 OK", body));
  EXPECT_EQ(admin_request(target_of(server), "GET", "/")->body.size(), body.size());
}

TEST(AdminClient, NoNodeIsAnError) {
  AdminTarget target;
  {
    OneAnswerServer server("");
    target = target_of(server);
  }
  const auto answer = admin_request(target, "GET", "/");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("no answer from a node at 127.0.0.1:"));
}

TEST(AdminClient, ABrokenAnswerIsAnError) {
  OneAnswerServer cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  EXPECT_FALSE(admin_request(target_of(cut), "GET", "/"));
  OneAnswerServer other("SSH-2.0-OpenSSH\r\n\r\n");
  EXPECT_FALSE(admin_request(target_of(other), "GET", "/"));
}

TEST(AdminClient, SilenceIsAnErrorInTheEnd) {
  OneAnswerServer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  OneAnswerServer silent("");
  AdminTarget target = target_of(silent);
  target.timeout = std::chrono::milliseconds(50);
  EXPECT_FALSE(admin_request(target, "GET", "/"));
  EXPECT_FALSE(admin_request(target_of(server), "GET", "/"));
}

TEST(AdminClient, QueriesAreEncoded) {
  EXPECT_EQ(percent_encode("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(percent_encode("a b+c&d=e/f?%#"), "a%20b%2Bc%26d%3De%2Ff%3F%25%23");
  EXPECT_EQ(percent_encode("\xc3\xbc\n"), "%C3%BC%0A");
}

}  // namespace
}  // namespace anabranch::node
