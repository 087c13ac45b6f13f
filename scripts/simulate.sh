# Runs the simulation: whole clusters under a virtual clock, one for each seed.

source scripts/build.sh

# run_simulation ARGUMENTS…: builds what they ask for first.
run_simulation() {
  install_for build
  mkdir -p build/logs
  compile_preset ci "$(simulation_program "$@")" >build/logs/simulate.log 2>&1 || {
    tail -n 40 build/logs/simulate.log >&2
    die "This failed: building the simulation; all of it is in build/logs/simulate.log"
  }
  simulate "$@"
}

# Planted defects are in a program of their own.
simulation_program() { if [[ ${1:-} == --defects ]]; then echo simulate_defects; else echo simulate; fi; }

simulate() {
  local program
  program=$(simulation_program "$@")
  if [[ ${1:-} == --defects ]]; then shift; fi
  "build/release/$program" "$@"
}
