#include "transport/client/tls_context.h"

#include "base/clock.h"
#include "tests/transport/client/certificate_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anabranch::transport {
namespace {

using Of = TlsContext::Fault::Of;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::int64_t day_ms = 86'400'000;

std::int64_t now_ms() { return SystemClock().now().wall_ms; }

TlsContext::Made make(const CertificatePair& pair) {
  return TlsContext::make(pair.certificate, pair.key, now_ms());
}

void expect_fault(const TlsContext::Made& made, Of of, const std::string& problem) {
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().of, of);
  EXPECT_THAT(made.error().problem, HasSubstr(problem));
}

TEST(TlsContext, IsMadeOfACertificateAndItsKeyAndKnowsItsEnd) {
  const auto made = make(make_certificate(-1, 30));
  ASSERT_TRUE(made) << made.error().problem;
  EXPECT_NEAR(static_cast<double>((*made)->expires_at_s()),
              static_cast<double>(now_ms() / 1000 + 30 * 86'400), 60);
}

TEST(TlsContext, TakesTheChainThatFollows) {
  CertificatePair pair = make_certificate();
  pair.certificate += make_certificate().certificate;
  EXPECT_TRUE(make(pair));
}

TEST(TlsContext, KnowsTheSameCertificateAgain) {
  const CertificatePair pair = make_certificate();
  EXPECT_TRUE((*make(pair))->same_certificate(**make(pair)));
  EXPECT_FALSE((*make(pair))->same_certificate(**make(make_certificate())));
}

TEST(TlsContext, WantsACertificateInPem) {
  const CertificatePair pair = make_certificate();
  expect_fault(make({"", pair.key}), Of::certificate, "holds no certificate in PEM");
  expect_fault(make({pair.key, pair.key}), Of::certificate, "holds no certificate in PEM");
  std::string broken = pair.certificate;
  broken.replace(broken.size() / 2, 4, "****");
  expect_fault(make({broken, pair.key}), Of::certificate, "holds a certificate that is broken");
  expect_fault(make({pair.certificate + broken, pair.key}), Of::certificate,
               "holds a certificate that is broken");
}

TEST(TlsContext, TheNumberOfCertificatesIsBounded) {
  CertificatePair pair = make_certificate();
  const std::string one = pair.certificate;
  for (int i = 0; i < 16; ++i) pair.certificate += one;
  expect_fault(make(pair), Of::certificate, "holds more than 16 certificates");
}

TEST(TlsContext, WantsAnOpenKeyInPem) {
  const CertificatePair pair = make_certificate();
  expect_fault(make({pair.certificate, pair.certificate}), Of::key, "holds no private key in PEM");
  expect_fault(make({pair.certificate, ""}), Of::key, "holds no private key in PEM");
  expect_fault(make({pair.certificate, make_locked_key()}), Of::key, "is locked by a passphrase");
}

TEST(TlsContext, TheKeyMustBeThatOfTheFirstCertificate) {
  const CertificatePair pair = make_certificate();
  const CertificatePair other = make_certificate();
  expect_fault(make({pair.certificate, other.key}), Of::key,
               "is not the key of the first certificate");
  expect_fault(make({other.certificate + pair.certificate, pair.key}), Of::key,
               "is not the key of the first certificate");
}

TEST(TlsContext, ACertificateServesInItsTimeAlone) {
  expect_fault(make(make_certificate(-30, -1)), Of::certificate, "has expired: it was valid until");
  expect_fault(make(make_certificate(1, 30)), Of::certificate, "is not valid before");
  const CertificatePair pair = make_certificate(-1, 30);
  const auto later = TlsContext::make(pair.certificate, pair.key, now_ms() + 31 * day_ms);
  expect_fault(later, Of::certificate, "has expired");
}

TEST(TlsContext, AKeyThatClientsWouldRefuseIsRefused) {
  expect_fault(make(make_certificate(-1, 30, KeyKind::too_short)), Of::certificate,
               "cannot be used: ee key too small");
}

}  // namespace
}  // namespace anabranch::transport
