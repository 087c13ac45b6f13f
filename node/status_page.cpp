#include "node/status_page.h"

#include "node/status_page_text.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <string_view>

namespace anabranch::node {

namespace {

/// As a content security policy names an inline style or script.
std::string hash_source(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1];
  EVP_EncodeBlock(encoded, digest, SHA256_DIGEST_LENGTH);
  return "'sha256-" + std::string(reinterpret_cast<const char*>(encoded)) + "'";
}

void fill(std::string& html, std::string_view mark, std::string_view text) {
  html.replace(html.find(mark), mark.size(), text);
}

StatusPage make_page() {
  StatusPage page;
  page.html = status_page_html;
  fill(page.html, "/*style*/", status_page_style);
  fill(page.html, "/*script*/", status_page_script);
  page.content_security_policy =
      "default-src 'none'; connect-src 'self'; img-src data:; style-src " +
      hash_source(status_page_style) + "; script-src " + hash_source(status_page_script) +
      "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return page;
}

}  // namespace

const StatusPage& status_page() {
  static const StatusPage page = make_page();
  return page;
}

}  // namespace anabranch::node
