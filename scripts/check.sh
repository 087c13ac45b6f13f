# Formatting, dependency direction and lint.

source scripts/build.sh

readonly source_folders=(base crdt wire cluster storage transport load node bench tests)

all_sources() { find "${source_folders[@]}" -name node_modules -prune -o -name '*.h' -print -o -name '*.cpp' -print | sort; }

check_sources() {
  local sources failed=()
  if [[ $# -gt 0 ]]; then sources=("$@"); else mapfile -t sources < <(all_sources); fi
  install_for build lint micro node
  check_formatting "${sources[@]}" || failed+=(formatting)
  check_architecture || failed+=(architecture)
  check_scripts || failed+=(scripts)
  check_lint "${sources[@]}" || failed+=(lint)
  [[ ${#failed[@]} -eq 0 ]] || die "Not clean: ${failed[*]}"
  say "clean"
}

check_formatting() {
  say "formatting"
  clang-format-19 --dry-run --Werror "$@" && return
  warn "./dev format applies the formatting"
  return 1
}

check_architecture() {
  say "architecture"
  node tests/architecture/check.js
}

# Only where the machine has the tool: it is no part of the build.
check_scripts() {
  command -v shellcheck >/dev/null || return 0
  say "scripts"
  shellcheck --shell=bash --exclude=SC1091 dev .ci/run scripts/*.sh
}

# Headers are judged through the sources that include them.
check_lint() {
  local sources
  mapfile -t sources < <(printf '%s\n' "$@" | grep '\.cpp$')
  [[ ${#sources[@]} -gt 0 ]] || return 0
  say "lint of ${#sources[@]} sources"
  configure_preset ci || return 1
  printf '%s\0' "${sources[@]}" |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p build/release --quiet 2>build/logs/clang-tidy.log
}

format_sources() {
  expect_no_arguments format "$@"
  install_for lint
  all_sources | xargs clang-format-19 -i
}
