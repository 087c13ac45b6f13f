# Runs the simulation: whole clusters under a virtual clock, one for each seed.

source scripts/build.sh

# run_simulation ARGUMENTS…: those of the program, or --defects first for the other program.
run_simulation() {
  local program=simulate
  if [[ ${1:-} == --defects ]]; then
    program=simulate_defects
    shift
  fi
  install_for build
  mkdir -p build/logs
  compile_preset ci "$program" >build/logs/simulate.log 2>&1 || {
    tail -n 40 build/logs/simulate.log >&2
    die "This failed: building $program; all of it is in build/logs/simulate.log"
  }
  "build/release/$program" "$@"
}
