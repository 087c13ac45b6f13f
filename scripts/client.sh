# The TypeScript client: its build, which watches its size, and its tests, some of them against the
# program that was just built.

source scripts/npm.sh

readonly client=clients/typescript

# Leaves what pages load in clients/typescript/dist.
build_client() {
  install_npm_packages "$client" || return 1
  [[ -z $(newer_sources) ]] || {
    say "building the TypeScript client"
    quietly build/logs/client.log npm run build --prefix "$client"
  }
}

# Sources that the built client does not have yet.
newer_sources() {
  local built=$client/dist/index.js
  if [[ ! -e $built ]]; then echo "$client/src"; else find "$client/src" "$client/package.json" -newer "$built"; fi
}

# client_tests REPORT COUNTS: vitest's report, and the figures that it comes to.
client_tests() {
  local report=$PWD/$1 figures=$2 program status=0
  program=$PWD/$(program_of ci)
  if ! has_recent_node; then
    echo "skipped: the client's tests need Node.js 20.19 or newer, here is $(node --version)"
    return 0
  fi
  install_npm_packages "$client" || return 1
  rm -f "$report"
  (cd "$client" && ANABRANCH=$program npm test -- --reporter=default --reporter=json \
    --outputFile.json="$report") </dev/null || status=$?
  count_vitest "$report" >"$figures"
  return "$status"
}

has_recent_node() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
           process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
}

# The figures of vitest's report.
count_vitest() {
  [[ -s $1 ]] || return 0
  node -e 'const { readFileSync } = require("node:fs");
           const found = JSON.parse(readFileSync(process.argv[1], "utf8"));
           const skipped = found.numPendingTests + found.numTodoTests;
           console.log(found.numPassedTests, found.numFailedTests, skipped);' "$1"
}
