#pragma once

#include "base/result.h"
#include "tests/fuzz/require.h"
#include "tests/node/scratch.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// What the targets of the two configuration files share: both are read from files, so that each
// input is written to one.

namespace anabranch::fuzz {

/// A folder with the keys and secrets that an input may name, and a file for the input itself.
class ConfigFolder {
 public:
  explicit ConfigFolder(std::string name) : name_(std::move(name)) {
    scratch_.write("jwt.secret", std::string(32, 's') + '\n');
    scratch_.write("admin.token", std::string(32, 't') + '\n');
    scratch_.write("peer.key", "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\n");
    scratch_.write("jwt.pem",
                   "-----BEGIN PUBLIC KEY-----\n"
                   "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt8pmH4F3yl7V9oONBPDlPxVMOBvk\n"
                   "F5AyWwgQhyiPNhaNPdPpfQfWLHnbwuvFZg4Wv8lH0Fxf14bJKXmg0hzuBw==\n"
                   "-----END PUBLIC KEY-----\n");
    // Valid until 2126.
    scratch_.write("tls.pem",
                   "-----BEGIN CERTIFICATE-----\n"
                   "MIIBdjCCARugAwIBAgIUUFSZ+BkkZbqJzqyk3G3DFIThQPwwCgYIKoZIzj0EAwIw\n"
                   "DzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjcwNDQ1MTlaGA8yMTI2MTEwMzA0NDUx\n"
                   "OVowDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGGJ\n"
                   "07O8Y6BbRTZerrXQ6y4e7Nco6SgbgHQ/1L57JnSSuSbSgSHSFa6qOL/kRazjdNk0\n"
                   "X9D40D95WTT4d1Sa18qjUzBRMB0GA1UdDgQWBBQN7gxyZLyv7V5Zgx2+SCQeVoUM\n"
                   "jjAfBgNVHSMEGDAWgBQN7gxyZLyv7V5Zgx2+SCQeVoUMjjAPBgNVHRMBAf8EBTAD\n"
                   "AQH/MAoGCCqGSM49BAMCA0kAMEYCIQDnznsxx5h4jkbnqXFlJp5XoZf7fnfEtbWx\n"
                   "yM3jMwfjSQIhAOt+2bHiapOt7hAOdRQ4FfO1+vSS+GK5pbXTZoFnNMUV\n"
                   "-----END CERTIFICATE-----\n");
    scratch_.write("tls.key",
                   "-----BEGIN PRIVATE KEY-----\n"
                   "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx3y6g0yMq76qBJSi\n"
                   "ON/hEgaLvUP7o2pK4LUFoV5gLn2hRANCAARhidOzvGOgW0U2Xq610OsuHuzXKOko\n"
                   "G4B0P9S+eyZ0krkm0oEh0hWuqji/5EWs43TZNF/Q+NA/eVk0+HdUmtfK\n"
                   "-----END PRIVATE KEY-----\n");
  }

  std::filesystem::path write(std::string_view input) const {
    return scratch_.write(name_, std::string(input), 0644);
  }

 private:
  std::string name_;
  node::Scratch scratch_;
};

/// A refusal is lines for a person, each with the file and a line that it has.
inline void check_refusal(const Error& error, const std::filesystem::path& file,
                          std::string_view input) {
  const auto lines = std::count(input.begin(), input.end(), '\n') + 1;
  FUZZ_REQUIRE(error.code == Errc::invalid_config && !error.message.empty());
  const std::string prefix = file.string() + ':';
  for (std::string_view rest = error.message; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');
    FUZZ_REQUIRE(line.starts_with(prefix));
    line.remove_prefix(prefix.size());
    const long number = std::strtol(std::string(take_until(line, ':')).c_str(), nullptr, 10);
    FUZZ_REQUIRE(number >= 1 && number <= lines);
    FUZZ_REQUIRE(line.starts_with(' '));
    for (const char c : line) FUZZ_REQUIRE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

}  // namespace anabranch::fuzz
