# The libraries the project stands on: Debian 12's packages, or newer ones.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url)
find_package(tl-expected CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(double-conversion CONFIG REQUIRED)
find_package(cppzmq CONFIG REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)

# msgpack-c is header-only. Debian 12's package wants Boost 1.74 and so cannot stand beside Boost
# 1.81: there `./dev` unpacks its headers into build/deps/msgpack instead of installing it.
find_path(ANABRANCH_MSGPACK_INCLUDE msgpack.hpp
  HINTS ${PROJECT_SOURCE_DIR}/build/deps/msgpack/usr/include REQUIRED)
add_library(anabranch_msgpack INTERFACE)
target_include_directories(anabranch_msgpack SYSTEM INTERFACE ${ANABRANCH_MSGPACK_INCLUDE})
target_compile_definitions(anabranch_msgpack INTERFACE MSGPACK_NO_BOOST)
