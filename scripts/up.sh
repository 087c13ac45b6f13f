# Runs the three regions of examples/three-regions/, and the page that shows them, until it is told
# to stop.

source scripts/build.sh
source scripts/client.sh

readonly example=examples/three-regions
readonly logs=build/three-regions
readonly regions=(eu us ap)
readonly demo_port=8090
readonly ready_seconds=30
readonly stop_seconds=20

declare -gA pid_of=()
stopping=0

run_regions() {
  expect_no_arguments up "$@"
  install_for build node
  compile_preset release anabranch
  build_client
  prepare_example
  refuse_taken_ports
  trap 'stopping=1' INT TERM HUP
  trap stop_regions EXIT
  start_demo
  start_regions
  await_all_ready
  if [[ $stopping -eq 0 ]]; then print_access; fi
  watch_regions
}

client_port() { case $1 in eu) echo 8101 ;; us) echo 8102 ;; ap) echo 8103 ;; esac; }

prepare_example() {
  mkdir -p "$logs" "$example/data"
  [[ -s $example/jwt.secret ]] && return
  say "making a secret for tokens: $example/jwt.secret"
  (umask 077 && head -c 32 /dev/urandom | base64 >"$example/jwt.secret")
}

refuse_taken_ports() {
  local region first port taken=()
  if is_answering "$demo_port"; then taken+=("$demo_port (the demo)"); fi
  for region in "${regions[@]}"; do
    first=$(client_port "$region")
    for port in "$first" $((first - 1000)) $((first - 900)) $((first + 1000)); do
      if is_answering "$port"; then taken+=("$port ($region)"); fi
    done
  done
  [[ ${#taken[@]} -eq 0 ]] ||
    die "These ports of 127.0.0.1 are in use: ${taken[*]}. Does another ./dev up run? Stop it first."
}

is_answering() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The page, and the relays between the regions. It leaves the nodes' files, which name these relays
# instead of the other regions, in $logs.
start_demo() {
  local deadline=$((SECONDS + ready_seconds))
  rm -f "$logs"/*.toml
  node examples/dashboard/server.js --example "$example" --work "$logs" --port "$demo_port" \
    >"$logs/demo.log" 2>&1 </dev/null &
  pid_of[demo]=$!
  until is_answering "$demo_port" || [[ $stopping -ne 0 ]]; do
    if ! kill -0 "${pid_of[demo]}" 2>/dev/null || [[ $SECONDS -ge $deadline ]]; then
      show_log demo
      die "the demo's page did not start"
    fi
    sleep 0.1
  done
}

start_regions() {
  local region
  for region in "${regions[@]}"; do
    build/release/anabranch serve --config "$logs/$region.toml" \
      >"$logs/$region.log" 2>&1 </dev/null &
    pid_of[$region]=$!
  done
}

await_all_ready() {
  local region
  for region in "${regions[@]}"; do
    [[ $stopping -eq 0 ]] || return 0
    say "waiting for $region"
    await_ready "$region" || {
      [[ $stopping -eq 0 ]] || return 0
      show_log "$region"
      die "$region did not become ready"
    }
  done
}

await_ready() {
  local region=$1 deadline=$((SECONDS + ready_seconds))
  while [[ $SECONDS -lt $deadline && $stopping -eq 0 ]]; do
    kill -0 "${pid_of[$region]}" 2>/dev/null || return 1
    if is_ready "$(client_port "$region")"; then return 0; fi
    sleep 0.1
  done
  return 1
}

is_ready() {
  local line=""
  {
    printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    read -r -t 2 line <&3
  } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1"
  [[ $line == "HTTP/1.1 200 "* ]]
}

print_access() {
  local region token
  printf '\nThree regions are up. Whatever one device of a user writes, all of them get.\n\n'
  printf '  See it:  http://127.0.0.1:%s/\n\n' "$demo_port"
  for region in "${regions[@]}"; do
    token=$(build/release/anabranch token --secret-file "$example/jwt.secret" --sub alice --ttl 24h)
    printf '  %s   ws://127.0.0.1:%s/v1/sync\n       token of alice, for a day: %s\n\n' \
      "$region" "$(client_port "$region")" "$token"
  done
  cat <<TEXT
To talk to one by hand, say in two terminals with different regions:

  npx wscat -c ws://127.0.0.1:$(client_port eu)/v1/sync
  > {"event":"auth","payload":{"token":"TOKEN"}}
  > {"event":"dashboard.state.update","payload":{"path":"hello","value":"world","id":1}}

What a region thinks of the others:  build/release/anabranch status --admin 127.0.0.1:9101
Logs: $logs/*.log   Data: $example/data/   Ctrl-C stops everything.
TEXT
}

# Until it is told to stop; a region that ends by itself is reported, and the others go on.
watch_regions() {
  local region ended status
  while [[ $stopping -eq 0 && ${#pid_of[@]} -gt 0 ]]; do
    status=0
    wait -n -p ended "${pid_of[@]}" || status=$?
    # Nothing has ended when a signal came in between.
    [[ -n ${ended:-} ]] || continue
    for region in "${!pid_of[@]}"; do
      [[ ${pid_of[$region]} == "$ended" ]] || continue
      unset "pid_of[$region]"
      if [[ $stopping -eq 0 ]]; then report_end "$region" "$status"; fi
    done
  done
  [[ $stopping -ne 0 ]] || die "Nothing is left."
}

report_end() {
  show_log "$1"
  warn "$1 has ended by itself, with $2. These go on: ${!pid_of[*]}"
}

show_log() {
  warn "The end of $logs/$1.log:"
  tail -n 15 "$logs/$1.log" >&2
}

# Ends what this script has started, and nothing else.
stop_regions() {
  local status=$? region deadline=$((SECONDS + stop_seconds))
  trap '' INT TERM HUP
  [[ $stopping -eq 0 ]] || status=0
  for region in "${!pid_of[@]}"; do
    kill -TERM "${pid_of[$region]}" 2>/dev/null || unset "pid_of[$region]"
  done
  [[ ${#pid_of[@]} -eq 0 ]] || say "stopping ${!pid_of[*]}"
  for region in "${!pid_of[@]}"; do
    while kill -0 "${pid_of[$region]}" 2>/dev/null; do
      [[ $SECONDS -lt $deadline ]] || kill_stuck "$region"
      sleep 0.05
    done
    if ! wait "${pid_of[$region]}"; then
      warn "$region did not stop cleanly"
      status=1
    fi
  done
  exit "$status"
}

kill_stuck() {
  warn "$1 does not stop: killing it"
  kill -KILL "${pid_of[$1]}" 2>/dev/null || true
}
