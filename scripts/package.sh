# The Debian package, made of the release build.

source scripts/build.sh

readonly package_folder=build/package

make_package() {
  expect_no_arguments package "$@"
  install_for build package
  compile_preset release anabranch anabranch_manual
  pack_release
  say "the package is $(ls "$package_folder"/*.deb)"
}

# What is built goes into a package; former ones go.
pack_release() {
  rm -rf "$package_folder"
  pack
}

# pack_release_as VERSION: a second package beside it, to upgrade to.
pack_release_as() { pack -R "$1"; }

pack() {
  mkdir -p "$package_folder"
  quietly build/logs/package.log cpack --config build/release/CPackConfig.cmake -B "$package_folder" "$@"
}
