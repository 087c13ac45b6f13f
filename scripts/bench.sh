# Benchmarks: of single parts, and of the whole against what its users run today.

source scripts/build.sh
source scripts/npm.sh

readonly peers=bench/peers

bench() {
  local kind=${1:-}
  [[ $# -eq 0 ]] || shift
  case $kind in
    micro) micro_benchmarks "$@" ;;
    compare) compare_with_peers "$@" ;;
    curves) growing_work "$@" ;;
    *) wrong_usage "./dev bench takes micro (and options of Google Benchmark, such as
--benchmark_filter=merge), compare [--short] [--rounds N] [--only NAME] [--save], or
curves [--short] [--only NAME] [--save]" ;;
  esac
}

micro_benchmarks() {
  install_for build micro
  compile_preset release bench_micro
  build/release/bench_micro "$@"
}

compare_with_peers() {
  install_for build node
  install_redis
  install_npm_packages "$peers"
  compile_preset release anabranch bench_relay
  node bench/compare.js --program build/release/anabranch "$@"
}

growing_work() {
  install_for build node
  compile_preset release anabranch
  node bench/curves.js --program build/release/anabranch "$@"
}

# The package starts a server of its own; this machine's owner has not asked for one.
install_redis() {
  local policy=/usr/sbin/policy-rc.d
  if command -v redis-server >/dev/null; then return; fi
  if [[ -e $policy ]]; then
    install_for peers
  else
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    install_for peers || { as_root rm -f "$policy" && return 1; }
    as_root rm -f "$policy"
  fi
  if command -v systemctl >/dev/null; then
    as_root systemctl disable --quiet redis-server 2>/dev/null || true
  fi
}
