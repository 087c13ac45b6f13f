#include "node/auth_config.h"

#include "base/utf8.h"
#include "node/files.h"

#include <algorithm>
#include <set>
#include <utility>

namespace anabranch::node {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_keys = 64;

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  for (const Algorithm candidate : {Algorithm::hs256, Algorithm::rs256, Algorithm::es256}) {
    if (algorithm_name(candidate) == name) return candidate;
  }
  return {};
}

std::optional<std::string> check_algorithm(const std::string& name) {
  if (parse_algorithm(name)) return {};
  if (name == "EdDSA") return "EdDSA is not available in this version";
  return "must be some of HS256, RS256 and ES256, holds \"" + name + '"';
}

std::optional<std::string> check_kid(const std::string& kid) {
  if (kid.empty()) return "must not be empty; a key for tokens that name none has no kid at all";
  if (kid.size() > 256 || has_control_character(kid)) {
    return "must be at most 256 bytes without control characters";
  }
  return {};
}

void read_algorithms(Section& section, AuthConfig& config) {
  std::vector<std::string> names{"HS256"};
  section.texts("algorithms", names, check_algorithm);
  config.algorithms.clear();
  for (const std::string& name : names) {
    const auto algorithm = parse_algorithm(name);
    if (std::count(config.algorithms.begin(), config.algorithms.end(), *algorithm) == 0) {
      config.algorithms.push_back(*algorithm);
    }
  }
  if (names.empty()) section.wrong("algorithms", "must name at least one of HS256, RS256, ES256");
}

std::optional<AuthKey> read_secret(Section& section) {
  std::filesystem::path file;
  section.path("secret_file", file);
  if (file.empty()) return {};
  auto secret = read_long_secret_file(file);
  if (!secret) {
    section.wrong("secret_file", secret.error().message);
    return {};
  }
  AuthKey key;
  key.material = std::move(*secret);
  return key;
}

std::optional<AuthKey> read_public_key(Section& section) {
  std::filesystem::path file;
  section.path("public_key_file", file);
  if (file.empty()) return {};
  const auto pem = read_file(file, max_secret_file_bytes);
  if (!pem) {
    section.wrong("public_key_file", pem.error().message);
    return {};
  }
  auto key = parse_public_key(*pem);
  if (!key) {
    section.wrong("public_key_file", file.string() + ": " + key.error().message);
    return {};
  }
  return std::move(*key);
}

std::optional<AuthKey> read_key(Section& section) {
  const bool secret = section.has("secret_file");
  const bool public_key = section.has("public_key_file");
  std::string kid;
  section.text("kid", kid, check_kid);
  auto from_secret = read_secret(section);
  auto from_public_key = read_public_key(section);
  section.finish();
  if (secret == public_key) {
    section.wrong("secret_file", "a key has either a secret_file or a public_key_file");
    return {};
  }
  auto key = secret ? std::move(from_secret) : std::move(from_public_key);
  if (key && !kid.empty()) key->kid = std::move(kid);
  return key;
}

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs256:
      return "HS256";
    case Algorithm::rs256:
      return "RS256";
    case Algorithm::es256:
      return "ES256";
  }
  return "";
}

AuthConfig read_auth(Section section) {
  AuthConfig config;
  read_algorithms(section, config);
  section.text("issuer", config.issuer);
  section.text("audience", config.audience);
  section.duration("leeway", config.leeway, 0ms, 1h);
  std::set<std::pair<std::optional<std::string>, Algorithm>> served;
  std::vector<Section> keys = section.tables("key");
  for (Section& table : keys) {
    auto key = read_key(table);
    if (!key) continue;
    const auto& allowed = config.algorithms;
    if (std::find(allowed.begin(), allowed.end(), key->algorithm) == allowed.end()) {
      table.wrong(table.has("secret_file") ? "secret_file" : "public_key_file",
                  "is for " + std::string(algorithm_name(key->algorithm)) +
                      ", which auth.algorithms does not name");
    }
    if (!served.insert({key->kid, key->algorithm}).second) {
      table.wrong("kid", key->kid ? "two keys have the kid \"" + *key->kid + '"'
                                  : "two keys have no kid; only one can serve tokens without one");
    }
    config.keys.push_back(std::move(*key));
  }
  if (keys.empty()) section.wrong("key", "is missing: at least one [[auth.key]] is needed");
  if (keys.size() > max_keys) {
    section.wrong("key", "there may be at most " + std::to_string(max_keys) + " keys");
  }
  section.finish();
  return config;
}

}  // namespace anabranch::node
