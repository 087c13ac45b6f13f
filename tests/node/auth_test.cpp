#include "node/auth.h"

#include "node/auth_config.h"
#include "tests/node/token_maker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace anabranch::node {
namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";
const std::string other_secret = "fedcba9876543210fedcba9876543210";
const std::string hs_header = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::int64_t now_ms = 1'800'000'000'000;

class FixedClock final : public Clock {
 public:
  Now now() const override { return {now_ms, 0}; }
};

const FixedClock fixed_clock;

AuthKey secret_key(const std::string& bytes, std::optional<std::string> kid = {}) {
  AuthKey key;
  key.kid = std::move(kid);
  key.material = bytes;
  return key;
}

AuthConfig hs_config(std::vector<AuthKey> keys = {secret_key(secret)}) {
  AuthConfig config;
  config.keys = std::move(keys);
  return config;
}

AuthConfig public_key_config(const SigningKey& key) {
  AuthConfig config;
  config.keys.push_back(parse_public_key(key.public_pem()).value());
  config.algorithms = {config.keys.front().algorithm};
  return config;
}

Result<transport::Identity> judge(const AuthConfig& config, const std::string& token) {
  return JwtAuthenticator(config, fixed_clock).verify(token);
}

/// Claims of a token for alice that is good for a minute, with `more` of them.
std::string claims(const std::string& more = "") {
  return R"({"sub":"alice","exp":1800000060)" + more + '}';
}

std::string hs_token(const std::string& claims_json) {
  return make_hs256(secret, hs_header, claims_json);
}

std::string refusal(const AuthConfig& config, const std::string& token) {
  const auto identity = judge(config, token);
  return identity ? "taken" : identity.error().message;
}

TEST(Auth, AGoodTokenGivesUserAndExpiry) {
  const auto identity = judge(hs_config(), hs_token(claims()));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->user, "alice");
  EXPECT_EQ(identity->expires_at_ms, 1'800'000'060'000);
}

TEST(Auth, Rs256AndEs256AreVerifiedWithTheirPublicKeys) {
  const SigningKey rsa = SigningKey::rsa();
  const SigningKey ec = SigningKey::ec();
  EXPECT_EQ(refusal(public_key_config(rsa), rsa.make_token(R"({"alg":"RS256"})", claims())),
            "taken");
  EXPECT_EQ(refusal(public_key_config(ec), ec.make_token(R"({"alg":"ES256"})", claims())), "taken");
  EXPECT_EQ(
      refusal(public_key_config(rsa), SigningKey::rsa().make_token(R"({"alg":"RS256"})", claims())),
      "the token's signature is wrong");
  EXPECT_EQ(
      refusal(public_key_config(ec), SigningKey::ec().make_token(R"({"alg":"ES256"})", claims())),
      "the token's signature is wrong");
}

TEST(Auth, APublicKeyIsNoHmacSecret) {
  const SigningKey rsa = SigningKey::rsa();
  const std::string forged = make_hs256(rsa.public_pem(), hs_header, claims());
  AuthConfig config = public_key_config(rsa);
  EXPECT_EQ(refusal(config, forged), "the token's algorithm is not accepted here");
  config.algorithms.push_back(Algorithm::hs256);
  EXPECT_EQ(refusal(config, forged), "no key for tokens without a kid");
  config.keys.push_back(secret_key(secret, "other"));
  EXPECT_EQ(refusal(config, forged), "no key for tokens without a kid");
}

TEST(Auth, KeysOfTwoAlgorithmsServeEachItsOwn) {
  const SigningKey rsa = SigningKey::rsa();
  AuthConfig config = public_key_config(rsa);
  config.algorithms.push_back(Algorithm::hs256);
  config.keys.push_back(secret_key(secret));
  EXPECT_EQ(refusal(config, hs_token(claims())), "taken");
  EXPECT_EQ(refusal(config, rsa.make_token(R"({"alg":"RS256"})", claims())), "taken");
  EXPECT_EQ(refusal(config, make_hs256(rsa.public_pem(), hs_header, claims())),
            "the token's signature is wrong");
  EXPECT_EQ(refusal(config, make_hs256(secret, R"({"alg":"RS256"})", claims())),
            "the token's signature is wrong");
}

TEST(Auth, AlgorithmsOutsideTheListAreRefused) {
  const std::string body = base64url(R"({"alg":"none"})") + '.' + base64url(claims()) + '.';
  for (const std::string& token : {body, body + "AA"}) {
    EXPECT_NE(refusal(hs_config(), token), "taken");
  }
  for (const char* alg :
       {"none", "None", "HS384", "HS512", "hs256", "RS256", "ES256", "EdDSA", ""}) {
    const std::string header = std::string(R"({"alg":")") + alg + "\"}";
    EXPECT_NE(refusal(hs_config(), make_hs256(secret, header, claims())), "taken") << alg;
  }
}

TEST(Auth, StrangeHeadersAreRefused) {
  for (const char* header :
       {R"({"alg":256})", R"({"alg":null})", R"({"alg":["HS256"]})", R"({})", "[]", "5", "null",
        "\"HS256\"", R"({"alg":"HS256")", R"({"alg":"HS256","kid":5})",
        R"({"alg":"HS256","kid":null})", R"({"alg":"HS256","crit":["exp"],"exp":1})",
        "{\"alg\":\"HS256\",\"kid\":\"\xff\"}"}) {
    EXPECT_NE(refusal(hs_config(), make_hs256(secret, header, claims())), "taken") << header;
  }
}

TEST(Auth, AKeyServesTokensOfItsKidAlone) {
  const AuthConfig config = hs_config({secret_key(secret, "new"), secret_key(other_secret, "old")});
  const auto token_with = [&](const std::string& kid, const std::string& key) {
    return make_hs256(key, R"({"alg":"HS256","kid":")" + kid + "\"}", claims());
  };
  EXPECT_EQ(refusal(config, token_with("new", secret)), "taken");
  EXPECT_EQ(refusal(config, token_with("old", other_secret)), "taken");
  EXPECT_EQ(refusal(config, token_with("old", secret)), "the token's signature is wrong");
  EXPECT_EQ(refusal(config, token_with("third", secret)), "no key for tokens with this kid");
  EXPECT_EQ(refusal(config, token_with("", secret)), "no key for tokens with this kid");
  EXPECT_EQ(refusal(config, hs_token(claims())), "no key for tokens without a kid");
  EXPECT_EQ(refusal(hs_config(), token_with("new", secret)), "no key for tokens with this kid");
  EXPECT_EQ(refusal(hs_config(), token_with("", secret)), "no key for tokens with this kid");
}

TEST(Auth, ExpIsRequiredAndANumber) {
  EXPECT_EQ(refusal(hs_config(), hs_token(R"({"sub":"alice"})")), "the token's exp is missing");
  for (const char* exp : {"\"1800000060\"", "null", "true", "[1800000060]", "{}"}) {
    const std::string token = hs_token(R"({"sub":"alice","exp":)" + std::string(exp) + '}');
    EXPECT_EQ(refusal(hs_config(), token), "the token's exp is not a number") << exp;
  }
}

TEST(Auth, ExpIsHonouredToTheMillisecond) {
  const auto with_exp = [](const char* exp) {
    return hs_token(R"({"sub":"alice","exp":)" + std::string(exp) + '}');
  };
  EXPECT_EQ(refusal(hs_config(), with_exp("1800000000.001")), "taken");
  EXPECT_EQ(judge(hs_config(), with_exp("1800000000.25"))->expires_at_ms, 1'800'000'000'250);
  for (const char* past : {"1800000000", "1800000000.0", "1799999999.999", "0", "-1", "-1e300"}) {
    EXPECT_EQ(refusal(hs_config(), with_exp(past)), "the token has expired") << past;
  }
}

TEST(Auth, AFarExpIsTheEndOfTheCalendar) {
  for (const char* far :
       {"9223372036854775807", "99999999999999999999999999", "1e18", "1e300", "253402300800"}) {
    const auto identity =
        judge(hs_config(), hs_token(R"({"sub":"alice","exp":)" + std::string(far) + '}'));
    ASSERT_TRUE(identity) << far << ": " << identity.error().message;
    EXPECT_EQ(identity->expires_at_ms, 253'402'300'799'999) << far;
  }
  for (const char* none : {"1e400", "NaN"}) {
    EXPECT_NE(refusal(hs_config(), hs_token(R"({"sub":"alice","exp":)" + std::string(none) + '}')),
              "taken")
        << none;
  }
}

TEST(Auth, NbfIsHonouredToTheMillisecond) {
  const auto with_nbf = [](const char* nbf) {
    return hs_token(claims(std::string(",\"nbf\":") + nbf));
  };
  for (const char* past : {"1800000000", "1800000000.0", "1799999999.999", "0"}) {
    EXPECT_EQ(refusal(hs_config(), with_nbf(past)), "taken") << past;
  }
  for (const char* future : {"1800000000.001", "1800000001", "1e300"}) {
    EXPECT_EQ(refusal(hs_config(), with_nbf(future)), "the token is not valid yet") << future;
  }
  EXPECT_EQ(refusal(hs_config(), with_nbf("\"0\"")), "the token's nbf is not a number");
}

TEST(Auth, LeewayWidensBothEnds) {
  AuthConfig config = hs_config();
  config.leeway = std::chrono::seconds(5);
  const auto late = judge(config, hs_token(R"({"sub":"alice","exp":1799999995.001})"));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->expires_at_ms, 1'800'000'000'001);
  EXPECT_EQ(refusal(config, hs_token(R"({"sub":"alice","exp":1799999995})")),
            "the token has expired");
  EXPECT_EQ(refusal(config, hs_token(claims(",\"nbf\":1800000005"))), "taken");
  EXPECT_EQ(refusal(config, hs_token(claims(",\"nbf\":1800000005.001"))),
            "the token is not valid yet");
}

TEST(Auth, IssuerMustEqualTheConfiguredOne) {
  AuthConfig config = hs_config();
  config.issuer = "https://id.example";
  EXPECT_EQ(refusal(config, hs_token(claims(R"(,"iss":"https://id.example")"))), "taken");
  for (const char* iss : {R"(,"iss":"https://id.example/")", R"(,"iss":["https://id.example"])",
                          R"(,"iss":null)", ""}) {
    EXPECT_EQ(refusal(config, hs_token(claims(iss))),
              "the token's issuer (iss) is not accepted here")
        << iss;
  }
}

TEST(Auth, AudienceMustContainTheConfiguredOne) {
  AuthConfig config = hs_config();
  config.audience = "sync";
  for (const char* aud : {R"(,"aud":"sync")", R"(,"aud":["sync"])", R"(,"aud":["a",5,"sync"])"}) {
    EXPECT_EQ(refusal(config, hs_token(claims(aud))), "taken") << aud;
  }
  for (const char* aud : {R"(,"aud":"sync2")", R"(,"aud":[])", R"(,"aud":["a"])",
                          R"(,"aud":{"sync":1})", R"(,"aud":[["sync"]])", ""}) {
    EXPECT_EQ(refusal(config, hs_token(claims(aud))), "the token is for another audience (aud)")
        << aud;
  }
}

TEST(Auth, SubMustBeAUser) {
  const auto with_sub = [](const std::string& sub) {
    return refusal(hs_config(), hs_token(R"({"exp":1800000060,"sub":)" + sub + '}'));
  };
  for (const std::string& sub : {std::string("\"\""), std::string("5"), std::string("null"),
                                 std::string(R"("a\nb")"), std::string(R"("a\u007f")"),
                                 std::string(R"("a\u0000b")"), '"' + std::string(257, 'x') + '"'}) {
    EXPECT_NE(with_sub(sub), "taken") << sub;
  }
  EXPECT_NE(refusal(hs_config(), hs_token(R"({"exp":1800000060})")), "taken");
  EXPECT_EQ(with_sub('"' + std::string(256, 'x') + '"'), "taken");
  EXPECT_EQ(with_sub(R"("J\u00fcrgen/\ud83d\ude00")"), "taken");
  EXPECT_EQ(judge(hs_config(), hs_token("{\"exp\":1800000060,\"sub\":\"Jürgen\"}"))->user,
            "Jürgen");
}

TEST(Auth, EveryChangeOfACharacterBreaksTheToken) {
  const std::string token = hs_token(claims());
  const std::size_t last = token.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    std::string tampered = token;
    tampered[i] = tampered[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal(hs_config(), tampered), "taken") << i;
  }
}

TEST(Auth, GarbageIsNoToken) {
  const std::string token = hs_token(claims());
  const std::string head = token.substr(0, token.find('.'));
  for (const std::string& garbage : {std::string(),
                                     std::string("."),
                                     std::string(".."),
                                     std::string("..."),
                                     std::string("a.b.c"),
                                     std::string("garbage"),
                                     head,
                                     head + '.',
                                     head + "..",
                                     token + '.',
                                     token + ".x",
                                     '.' + token,
                                     ' ' + token,
                                     token + ' ',
                                     token + '=',
                                     token + '\n',
                                     std::string(token + '\0' + "x"),
                                     std::string("\0.\0.\0", 5),
                                     std::string("ÿ.ÿ.ÿ"),
                                     "Bearer " + token,
                                     token.substr(0, token.rfind('.') + 1)}) {
    EXPECT_EQ(refusal(hs_config(), garbage), "this is not a JSON Web Token") << garbage;
  }
  EXPECT_EQ(refusal(hs_config(), make_hs256(secret, hs_header, "[]")),
            "the token's claims are not a JSON object");
}

TEST(Auth, ClaimsThatNestTooDeepAreRefused) {
  const std::string deep = std::string(3000, '[') + std::string(3000, ']');
  EXPECT_NE(refusal(hs_config(), hs_token(claims(",\"x\":" + deep))), "taken");
}

TEST(Auth, ALongTokenIsRefusedUnread) {
  EXPECT_EQ(refusal(hs_config(), hs_token(claims(",\"x\":\"" + std::string(5000, 'x') + '"'))),
            "taken");
  EXPECT_EQ(refusal(hs_config(), hs_token(claims(",\"x\":\"" + std::string(7000, 'x') + '"'))),
            "the token is longer than 8192 bytes");
  EXPECT_EQ(refusal(hs_config(), std::string(100 << 20, 'a')),
            "the token is longer than 8192 bytes");
}

TEST(Auth, NoMessageRepeatsTheTokenOrTheSecret) {
  const std::string token = make_hs256(other_secret, hs_header, claims());
  const std::string message = refusal(hs_config(), token);
  EXPECT_EQ(message.find(secret), std::string::npos);
  EXPECT_EQ(message.find(token.substr(0, 10)), std::string::npos);
}

TEST(Auth, ReplacedKeysServeFromThenOn) {
  JwtAuthenticator authenticator(hs_config(), fixed_clock);
  const std::string token = hs_token(claims());
  EXPECT_TRUE(authenticator.verify(token));
  authenticator.replace(hs_config({secret_key(other_secret)}));
  EXPECT_FALSE(authenticator.verify(token));
  EXPECT_TRUE(authenticator.verify(make_hs256(other_secret, hs_header, claims())));
}

TEST(Auth, ThreadsVerifyAtTheSameTimeWhileKeysAreReplaced) {
  const SigningKey rsa = SigningKey::rsa();
  AuthConfig config = public_key_config(rsa);
  config.algorithms.push_back(Algorithm::hs256);
  config.keys.push_back(secret_key(secret));
  JwtAuthenticator authenticator(config, fixed_clock);
  const std::vector<std::string> good{hs_token(claims()),
                                      rsa.make_token(R"({"alg":"RS256"})", claims())};
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        for (const std::string& token : good) wrong += authenticator.verify(token) ? 0 : 1;
        wrong += authenticator.verify(good[0] + 'x') ? 1 : 0;
      }
    });
  }
  for (int round = 0; round < 100; ++round) authenticator.replace(config);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Auth, SignedTokensAreTaken) {
  const auto plain = sign_token(secret, "alice", std::chrono::milliseconds(1500), {}, {now_ms, 0});
  const auto identity = judge(hs_config(), plain.value());
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->user, "alice");
  EXPECT_EQ(identity->expires_at_ms, now_ms + 1500);

  const auto named = sign_token(secret, "Jürgen \"J\"", std::chrono::hours(1), "k", {now_ms, 0});
  EXPECT_EQ(judge(hs_config({secret_key(secret, "k")}), named.value())->user, "Jürgen \"J\"");
  EXPECT_FALSE(sign_token(secret, "", std::chrono::hours(1), {}, {now_ms, 0}));
  EXPECT_FALSE(sign_token(secret, "\xff", std::chrono::hours(1), {}, {now_ms, 0}));
}

TEST(Auth, PublicKeysAreBoundToTheAlgorithmOfTheirType) {
  EXPECT_EQ(parse_public_key(SigningKey::rsa().public_pem())->algorithm, Algorithm::rs256);
  EXPECT_EQ(parse_public_key(SigningKey::ec().public_pem())->algorithm, Algorithm::es256);
  const auto message = [](const std::string& pem) { return parse_public_key(pem).error().message; };
  EXPECT_NE(message(SigningKey::ec("P-384").public_pem()).find("P-256"), std::string::npos);
  EXPECT_NE(message(SigningKey::rsa(1024).public_pem()).find("1024 bits"), std::string::npos);
  EXPECT_NE(message(SigningKey::ed25519().public_pem()).find("EdDSA"), std::string::npos);
  EXPECT_NE(message(SigningKey::rsa().private_pem()).find("private key"), std::string::npos);
  EXPECT_NE(message("garbage").find("no public key"), std::string::npos);
  EXPECT_NE(message("").find("no public key"), std::string::npos);
}

}  // namespace
}  // namespace anabranch::node
