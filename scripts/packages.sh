# Installs the Debian packages that a command needs and that are missing.

export DEBIAN_FRONTEND=noninteractive

is_bookworm() {
  # shellcheck disable=SC1091
  (. /etc/os-release && [[ ${ID:-}:${VERSION_ID:-} == debian:12 ]])
}

build_packages() {
  echo g++ cmake ninja-build ccache mold pkg-config git ca-certificates
  echo libssl-dev libzmq3-dev cppzmq-dev librocksdb-dev libtomlplusplus-dev libcli11-dev \
    libspdlog-dev libsimdjson-dev libxxhash-dev libexpected-dev libdouble-conversion-dev libcjose-dev libjansson-dev prometheus-cpp-dev \
    libjemalloc-dev librapidcheck-dev libgtest-dev libgmock-dev
  if is_bookworm; then
    # Debian 12's own Boost is too old; the newer one stands beside it under a longer name.
    echo libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  else
    echo libboost-dev libboost-json-dev libboost-url-dev libmsgpack-cxx-dev
  fi
}

lint_packages() { echo clang-format-19 clang-tidy-19; }

# clang with its runtimes, and what turns addresses into lines in their reports.
sanitizers_packages() { echo clang-19 libclang-rt-19-dev llvm-19; }

# The architecture check and the system tests run on Node.js; one from elsewhere will do. The latter
# set the nodes' clocks with faketime, make certificates with openssl, and put a whole disk back as it
# was.
node_packages() {
  echo faketime openssl rocksdb-tools e2fsprogs
  if ! has_node || ! command -v npm >/dev/null; then echo nodejs npm; fi
}

# A font, for without one texts are boxes.
browser_packages() { echo chromium fonts-dejavu-core; }

micro_packages() { echo libbenchmark-dev; }

peers_packages() { echo redis-server; }

package_packages() { echo dpkg-dev; }

# The package's test makes a root of its own, and has the package and the unit checked.
package_test_packages() { echo debootstrap lintian systemd; }

# Nothing is installed of it: see unpack_prometheus.
prometheus_packages() { :; }

has_node() {
  command -v node >/dev/null &&
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
             process.exit(major > 18 || (major === 18 && minor >= 15) ? 0 : 1)'
}

# Those of the given packages that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    awk '$2 == "installed" { print $1 }') || true
  printf '%s\n' "$@" | grep -vxF -e "${installed:-none}" || true
}

install_packages() {
  local missing
  [[ $# -gt 0 ]] || return 0
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null ||
    die "This machine has no apt-get. Install what these Debian packages hold: ${missing[*]}"
  say "installing ${#missing[@]} packages: ${missing[*]}"
  quietly build/logs/apt-update.log as_root apt-get update || return 1
  # Nothing of the machine's owner is removed for it: apt fails and says what is in the way.
  quietly build/logs/apt-install.log as_root apt-get install --yes --no-install-recommends \
    --no-remove -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

# Debian 12's msgpack package wants Boost 1.74, which cannot stand beside 1.81. Its headers need no
# Boost, so they are unpacked into build/deps, where cmake/Dependencies.cmake looks for them.
unpack_msgpack() { unpack_package libmsgpack-cxx-dev msgpack usr/include/msgpack.hpp; }

# Prometheus, for the tests of what deploy/ says to it. Its package would start a service on the
# machine, and bring a web page's libraries; the two programs need neither.
unpack_prometheus() { unpack_package prometheus prometheus usr/bin/promtool; }

# unpack_package PACKAGE NAME FILE: what the package holds, in build/deps/NAME, unless FILE is there.
unpack_package() {
  local package=$1 target=build/deps/$2 file=$3
  [[ ! -e $target/$file ]] || return 0
  say "unpacking $package"
  rm -rf "build/deps/$package"_*.deb "$target"
  quietly "build/logs/$2.log" download_package "$package" &&
    dpkg-deb --extract "build/deps/$package"_*.deb "$target"
}

download_package() {
  mkdir -p build/deps
  (cd build/deps && apt-get download "$1") && return
  # The package lists may be missing or old, as in a container's image.
  as_root apt-get update && (cd build/deps && apt-get download "$1")
}

# install_for WHAT…: build, lint, sanitizers, node and so on are the sets above.
install_for() {
  local set names=()
  for set in "$@"; do
    # shellcheck disable=SC2207
    names+=($("${set}_packages"))
  done
  install_packages "${names[@]}" || return 1
  if [[ " $* " == *" build "* ]] && is_bookworm; then unpack_msgpack || return 1; fi
  if [[ " $* " == *" prometheus "* ]]; then unpack_prometheus || return 1; fi
}
