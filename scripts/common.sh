# Words and small helpers that the scripts of ./dev share. The working directory is the root of the
# repository in all of them.

say() { printf '==> %s\n' "$*"; }

warn() { printf '%s\n' "$*" >&2; }

die() {
  warn "$*"
  exit 1
}

wrong_usage() {
  warn "$*"
  exit 2
}

expect_no_arguments() {
  local command=$1
  shift
  [[ $# -eq 0 ]] || wrong_usage "./dev $command takes no arguments, got: $*"
}

# quietly LOG COMMAND…: the output goes to the log, whose end is shown when the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 && return
  warn "This failed: $*"
  warn "The end of $log:"
  tail -n 40 "$log" >&2
  return 1
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    warn "This needs root, and there is no sudo here. Run as root: $*"
    return 1
  fi
}
