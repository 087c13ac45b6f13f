# What every target of the project has in common.

include(GNUInstallDirs)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# -Wrestrict: g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651).
add_library(anabranch_options INTERFACE)
target_include_directories(anabranch_options INTERFACE ${PROJECT_SOURCE_DIR})
# Of the memory for its handlers Asio keeps two pieces a thread, and a write takes more of them.
target_compile_definitions(anabranch_options INTERFACE BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8)
target_compile_options(anabranch_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wconversion
  -Wno-sign-conversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${ANABRANCH_WERROR}>:-Werror>)

if(ANABRANCH_SANITIZE)
  add_compile_options(-fsanitize=${ANABRANCH_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${ANABRANCH_SANITIZE})
  if(ANABRANCH_SANITIZE MATCHES "thread")
    # Asio's stand-alone fences are not modelled; nothing of ours relies on them.
    add_compile_options(-Wno-tsan)
  endif()
endif()

# libFuzzer learns from the coverage of what its targets drive. Most of that is also optimised, to
# be fast; the other folders stay as the preset has them, for Beast is slow enough to build.
set(fuzzed_libraries base crdt wire cluster storage node)
set(fast_libraries base crdt wire cluster storage)

# UBSan's check of dynamic types opens a pipe to see whether memory can be read, and takes its
# failure for a finding: out of descriptors, where a server must go on, it accuses the innocent.
set(libraries_that_run_out_of_descriptors beast transport_client)

find_program(ANABRANCH_CCACHE ccache)
if(ANABRANCH_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ANABRANCH_CCACHE})
endif()
find_program(ANABRANCH_MOLD mold)
if(ANABRANCH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# anabranch_library(NAME SOURCES … DEPENDS … PRIVATE …)
#
# The library anabranch_NAME of one folder. DEPENDS are what its headers show, PRIVATE what only
# its sources use: link visibility is the architecture.
function(anabranch_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(anabranch_${name} STATIC ${ARG_SOURCES})
  add_library(anabranch::${name} ALIAS anabranch_${name})
  target_link_libraries(anabranch_${name} PUBLIC ${ARG_DEPENDS} PRIVATE anabranch_options ${ARG_PRIVATE})
  if(ANABRANCH_FUZZ AND name IN_LIST fuzzed_libraries)
    target_compile_options(anabranch_${name} PRIVATE -fsanitize=fuzzer-no-link
      $<$<IN_LIST:${name},${fast_libraries}>:-O1>)
  endif()
  if(ANABRANCH_SANITIZE MATCHES undefined AND name IN_LIST libraries_that_run_out_of_descriptors)
    target_compile_options(anabranch_${name} PRIVATE -fno-sanitize=vptr)
  endif()
endfunction()
