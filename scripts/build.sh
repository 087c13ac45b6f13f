# Configures and builds a preset of CMakePresets.json.

source scripts/packages.sh

known_presets() { echo release dev ci asan tsan; }

configure_preset() {
  local preset=$1 log=build/logs/configure-$1.log
  say "configuring the preset $preset"
  quietly "$log" cmake --preset "$preset"
}

# compile_preset PRESET [TARGET…]: everything where no target is named.
compile_preset() {
  local preset=$1
  shift
  configure_preset "$preset" || return 1
  say "building the preset $preset"
  if [[ $# -gt 0 ]]; then set -- --target "$@"; fi
  cmake --build --preset "$preset" --parallel "$(nproc)" "$@"
}

build_preset() {
  local preset=${1:-release}
  [[ $# -le 1 ]] || wrong_usage "./dev build takes one preset: $(known_presets)"
  [[ " $(known_presets) " == *" $preset "* ]] ||
    wrong_usage "There is no preset \"$preset\"; there are: $(known_presets)"
  install_for build
  if [[ $preset == asan ]]; then install_for sanitizers; fi
  if [[ $preset == release ]]; then
    compile_preset release anabranch
  else
    compile_preset "$preset"
  fi
  say "the program is at $(program_of "$preset")"
}

program_of() {
  local folder=$1
  [[ $folder != ci ]] || folder=release
  echo "build/$folder/anabranch"
}
