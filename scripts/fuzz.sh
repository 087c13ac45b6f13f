# The fuzz targets: one by hand for as long as asked, or all of them briefly.

source scripts/sanitizers.sh

readonly fuzz_corpora=tests/fuzz/corpus
readonly fuzz_work=build/fuzz
readonly fuzz_brief_seconds=30
readonly fuzz_input_seconds=10
readonly fuzz_memory_mib=2048

fuzz_targets() { ls "$fuzz_corpora"; }

# The longest input that is tried: somewhat more than what the program would take.
fuzz_max_bytes() {
  case $1 in
    client_frame) echo 81920 ;;
    cursor) echo 100000 ;;
    peer_message) echo 66000 ;;
    *) echo 16384 ;;
  esac
}

fuzz() {
  local target=${1:-}
  if [[ -z $target ]]; then
    echo "Fuzz targets: $(fuzz_targets | tr '\n' ' ')"
    return
  fi
  [[ -d $fuzz_corpora/$target ]] ||
    wrong_usage "There is no fuzz target \"$target\"; there are: $(fuzz_targets | tr '\n' ' ')"
  shift
  if [[ ${1:-} == -- ]]; then
    shift
  else
    [[ $# -le 1 && ${1:-0} =~ ^[0-9]+$ ]] ||
      wrong_usage "./dev fuzz TARGET takes a number of seconds, or -- and libFuzzer's options"
    set -- "-max_total_time=${1:-0}"
  fi
  install_for build sanitizers
  compile_preset asan "fuzz_$target"
  run_fuzz_target "$target" "$@"
}

# run_fuzz_target TARGET OPTION…: what is found is kept under build/fuzz/TARGET. Where a file is
# among the options, that input alone is run.
run_fuzz_target() {
  local target=$1 work=$fuzz_work/$1 option inputs dictionary=tests/fuzz/dictionaries/$1
  shift
  mkdir -p "$work/corpus"
  inputs=("$work/corpus" "$fuzz_corpora/$target")
  [[ ! -d tests/fuzz/regressions/$target ]] || inputs+=("tests/fuzz/regressions/$target")
  for option in "$@"; do
    if [[ -e $option ]]; then inputs=(); fi
  done
  [[ ! -f $dictionary ]] || set -- "-dict=$dictionary" "$@"
  touch "$work/started"
  with_sanitizer_options "build/asan/fuzz_$target" "-artifact_prefix=$work/" \
    "-timeout=$fuzz_input_seconds" "-rss_limit_mb=$fuzz_memory_mib" \
    "-max_len=$(fuzz_max_bytes "$target")" "$@" "${inputs[@]}" && return
  tell_how_to_replay "$target"
  return 1
}

tell_how_to_replay() {
  local input work=$fuzz_work/$1
  for input in "$work"/*-*; do
    [[ $input -nt $work/started ]] || continue
    warn "Replay it by: ./dev fuzz $1 -- $input"
    warn "Once it is mended, keep it under tests/fuzz/regressions/$1, named by what it broke."
  done
}

# What is tried is the same each time, so that a change is told from chance: `./dev fuzz` explores.
readonly fuzz_brief_seed=1

# fuzz_briefly REPORT: all targets, as many at a time as the machine has cores.
fuzz_briefly() {
  local report=$1 target passed=0 failed=0 running=()
  for target in $(fuzz_targets); do
    while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do wait -n || true; done
    fuzz_one_briefly "$target" &
    running+=($!)
  done
  # Each by its number: without, it would wait for whoever keeps this part's output, too.
  wait "${running[@]}" || true
  for target in $(fuzz_targets); do
    if [[ -e $fuzz_work/$target/passed ]]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      warn "The fuzz target $target found something:"
      tail -n 60 "$fuzz_work/$target/log" >&2
    fi
  done
  echo "$passed $failed 0" >"$report"
  [[ $failed -eq 0 ]]
}

fuzz_one_briefly() {
  local work=$fuzz_work/$1
  mkdir -p "$work"
  rm -f "$work/passed"
  run_fuzz_target "$1" "-max_total_time=$fuzz_brief_seconds" "-seed=$fuzz_brief_seed" -print_final_stats=1 >"$work/log" 2>&1 || return 1
  touch "$work/passed"
  say "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs"
}
