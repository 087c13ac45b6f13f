# Every test of the repository, in parts. Each part leaves its counts in $counts; what it prints is
# for people.

source scripts/bench.sh
source scripts/browser.sh
source scripts/client.sh
source scripts/fuzz.sh
source scripts/package.sh
source scripts/simulate.sh

readonly contract_source=../shared/contract
readonly results=build/test-results
readonly counts=$results/counts
readonly lines_of_a_failed_part=80
total_passed=0 total_failed=0 total_skipped=0
part_lines=() failed_parts=()

run_all_tests() {
  local preset
  expect_no_arguments test "$@"
  mkdir -p "$results"
  run_part "install" install_for build node sanitizers browser package package_test prometheus || true
  if run_part "build" compile_preset ci; then
    run_part "unit tests" run_ctest release || true
    run_part "simulation" simulated_seeds || true
    run_part "defects" planted_defects || true
    run_part "architecture" node_tests tests/architecture/*.test.js || true
    run_part "system tests" system_tests || true
    run_part "contract" contract_checks || true
    run_part "package" package_tests || true
    run_part "client" client_tests "$results/client.json" "$counts" || true
    run_part "browser" browser_tests || true
    run_part "comparison" short_comparison || true
    run_part "storm" storm_of_faults || true
  fi
  for preset in asan tsan; do
    run_part "$preset build" sanitized_build "$preset" || continue
    run_part "$preset unit" sanitized_unit_tests "$preset" || true
    run_part "$preset system" sanitized_system_tests "$preset" || true
  done
  run_part "fuzz" fuzz_briefly "$counts" || true
  print_summary
  [[ $total_failed -eq 0 ]]
}

# run_part NAME COMMAND…: a part that fails without having counted a failure is one failure itself.
run_part() {
  local name=$1 status=0 passed=0 failed=0 skipped=0 started=$SECONDS log logger
  shift
  rm -f "$counts"
  exec {log}> >(tee "$(log_of_part "$name")")
  logger=$!
  say "$name"
  "$@" >&"$log" 2>&1 {log}>&- || status=$?
  exec {log}>&-
  wait "$logger"
  if [[ -s $counts ]]; then read -r passed failed skipped <"$counts"; fi
  if [[ $status -ne 0 && $failed -eq 0 ]]; then failed=1; fi
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  total_skipped=$((total_skipped + skipped))
  part_lines+=("$(printf '%-14s %4d ok  %3d not ok  %3d skipped  %4d s' \
    "$name" "$passed" "$failed" "$skipped" $((SECONDS - started)))")
  [[ $failed -eq 0 ]] && return
  failed_parts+=("$name")
  return 1
}

log_of_part() { echo "$results/part-${1// /-}.log"; }

# What failed is told once more at the end, where whoever keeps only the end of the output sees it.
print_failures() {
  local name
  for name in "${failed_parts[@]}"; do
    echo
    say "what failed in $name"
    failures_in "$(log_of_part "$name")" | head -n "$lines_of_a_failed_part"
  done
}

# The test runners of Node.js and CTest list what failed; of all others the end says it.
failures_in() {
  local told
  told=$(awk '/^✖ failing tests:/ || /tests FAILED:/ { on = 1 } /^(✔|▶|ℹ)/ { on = 0 } on' "$1")
  if [[ -n $told ]]; then echo "$told"; else tail -n 30 "$1"; fi
}

print_summary() {
  local line skipped=""
  print_failures
  echo
  for line in "${part_lines[@]}"; do echo "    $line"; done
  [[ $total_skipped -eq 0 ]] || skipped=", $total_skipped skipped"
  echo
  echo "$total_passed passed, $total_failed failed$skipped"
}

# However many seeds it ran, it is one test.
simulated_seeds() {
  simulate --seeds 5000 && echo 1 0 0 >"$counts"
}

# Ratios of one run, and far from what is usual: whoever falls below them twice has lost something.
short_comparison() {
  install_redis && install_npm_packages "$peers" || return 1
  compare_briefly || compare_briefly || return 1
  echo 1 0 0 >"$counts"
}

compare_briefly() { node bench/compare.js --program build/release/anabranch --short; }

planted_defects() {
  local log=$results/defects.log status=0
  simulate --defects 2>&1 | tee "$log" || status=1
  count_closing_line "$log"
  return "$status"
}

# Most of them wait: for a timer, a peer, the disk.
readonly tests_a_core=3

# run_ctest FOLDER: the tests of one build.
run_ctest() {
  local report=$PWD/$results/unit-$1.xml status=0
  rm -f "$report"
  ctest --test-dir "build/$1" --parallel $((tests_a_core * $(nproc))) --output-on-failure --no-tests=error \
    --timeout 300 --output-junit "$report" || status=$?
  count_junit "$report"
  return "$status"
}

# The figures of a JUnit file's outermost suite.
count_junit() {
  local suite tests failures skipped disabled
  [[ -s $1 ]] || return 0
  suite=$(tr '\n\t' '  ' <"$1" | grep -o '<testsuite [^>]*>' | head -n 1)
  tests=$(attribute tests "$suite")
  failures=$(attribute failures "$suite")
  skipped=$(attribute skipped "$suite")
  disabled=$(attribute disabled "$suite")
  echo $((tests - failures - skipped - disabled)) "$failures" $((skipped + disabled)) >"$counts"
}

attribute() {
  local value
  value=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$2")
  echo "${value:-0}"
}

# node_tests FILE…: one after the other, for system tests want the machine for themselves.
node_tests() {
  local file status=0 report seconds=900
  local passed=0 failed=0 skipped=0
  for file in "$@"; do
    report=$results/$(basename "$file").tap
    rm -f "$report"
    timeout --foreground "$seconds" node --test --test-reporter=spec --test-reporter-destination=stdout \
      --test-reporter=tap --test-reporter-destination="$report" "$file" </dev/null || status=1
    passed=$((passed + $(tap_count pass "$report")))
    failed=$((failed + $(tap_count fail "$report") + $(tap_count cancelled "$report")))
    skipped=$((skipped + $(tap_count skipped "$report") + $(tap_count todo "$report")))
    if ! grep -q '^# tests ' "$report" 2>/dev/null; then
      warn "$file ended without a result (it may take $seconds seconds at most)"
      failed=$((failed + 1))
    fi
  done
  echo "$passed $failed $skipped" >"$counts"
  return "$status"
}

tap_count() {
  local value
  value=$(sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$2" 2>/dev/null | tail -n 1)
  echo "${value:-0}"
}

readonly storm_test=tests/system/faults.test.js

system_tests() {
  local file files=()
  install_npm_packages tests/system || return 1
  for file in tests/system/*.test.js; do [[ $file == "$storm_test" ]] || files+=("$file"); done
  ANABRANCH=$PWD/$(program_of ci) node_tests "${files[@]}"
}

# For four minutes the storm leaves most of the machine idle, and no disturbance is too much for it:
# the first of the sanitizers' builds begins meanwhile, with what is left over.
storm_of_faults() {
  install_npm_packages tests/system || return 1
  mkdir -p build/logs
  nice -n 19 ./dev build asan >build/logs/asan-beside-storm.log 2>&1 </dev/null &
  ANABRANCH=$PWD/$(program_of ci) node_tests "$storm_test"
}

# sanitized_build PRESET: what has begun beside the storm is ended first. Where that failed, this
# tells why.
sanitized_build() {
  if [[ -n $(jobs -rp) ]]; then
    say "ending the build that began beside the storm"
    wait "$(jobs -rp)" || true
  fi
  compile_preset "$1"
}

# Made of the release build twice, the second time under a higher version.
package_tests() {
  install_npm_packages tests/system && pack_release && pack_release_as 99.0.0 || return 1
  PACKAGES=$PWD/$package_folder PACKAGE_ROOT=$PWD/build/package-root \
    node_tests tests/packaging/*.test.js
}

# The client protocol, checked by a client that knows nothing of this code. It is kept beside the
# repository, not in it.
contract_checks() {
  local log=$results/contract.log program status=0
  program=$PWD/$(program_of ci)
  if [[ ! -f $contract_source/run.mjs ]]; then
    echo "skipped: the contract's own checks are not beside this repository"
    return 0
  fi
  copy_contract && install_npm_packages build/contract || return 1
  (cd build/contract && ANABRANCH=$program timeout --foreground 1800 node run.mjs) \
    </dev/null 2>&1 | tee "$log" | sed -e '/^[0-9]* passed, [0-9]* failed/d' -e 's/^/  /' || status=1
  count_closing_line "$log"
  return "$status"
}

copy_contract() {
  mkdir -p build/contract
  tar --directory "$contract_source" --exclude=node_modules --mode=u+w --create . |
    tar --directory build/contract --extract --no-same-owner
}

# "34 passed, 0 failed, 1 skipped" as the last line of a log.
count_closing_line() {
  tail -n 1 "$1" |
    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p' \
      >"$counts"
}
