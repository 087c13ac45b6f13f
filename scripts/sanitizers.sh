# The tests under the sanitizers. Preset asan finds bad memory accesses, leaks and undefined
# behaviour, tsan races between threads.

source scripts/build.sh

# A program that is found at fault ends at once with this, which no command of ours ends with, so
# that no test takes it for a refusal.
readonly sanitizer_exit=86
# Of the system tests only these: the program is many times slower.
readonly sanitized_system_tests=(basics.test.js catchup.test.js)
# Of each property's cases a part, for the same reason.
readonly sanitized_cases=20

# with_sanitizer_options COMMAND…
with_sanitizer_options() (
  local common=exitcode=$sanitizer_exit symbolizer
  symbolizer=$(command -v llvm-symbolizer-19) && common+=:external_symbolizer_path=$symbolizer
  export ASAN_OPTIONS=$common:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
  ASAN_OPTIONS+=:check_initialization_order=1
  export UBSAN_OPTIONS=$common:print_stacktrace=1:halt_on_error=1
  # RocksDB and ZeroMQ come without instrumentation: what they do between themselves is not ours.
  export TSAN_OPTIONS=$common:halt_on_error=1:ignore_noninstrumented_modules=1:second_deadlock_stack=1
  "$@"
)

sanitized_unit_tests() {
  RC_PARAMS=max_success=$sanitized_cases with_sanitizer_options run_ctest "$1"
}

sanitized_system_tests() {
  install_npm_packages tests/system || return 1
  ANABRANCH=$PWD/$(program_of "$1") with_sanitizer_options \
    node_tests "${sanitized_system_tests[@]/#/tests/system/}"
}
