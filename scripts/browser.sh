# Tests in Debian's Chromium: the client's devices, and the demo. Pictures are left in build/browser.

browser_tests() {
  install_npm_packages tests/system && install_npm_packages tests/browser && build_client || return 1
  rm -rf build/browser
  ANABRANCH=$PWD/$(program_of ci) node_tests tests/browser/*.test.js
}
