#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace anabranch {

/// What kind of failure an Error is: enough for a caller to choose what to do next.
enum class Errc {
  malformed,       ///< input from outside that breaks its format or limits
  invalid_config,  ///< a file or option that a person must mend
  not_found,
  in_use,       ///< held by another process (a data directory, a port)
  unsupported,  ///< of a newer format or version than this program knows
  corrupt,      ///< stored data that fails its own checks
  io,           ///< the disk or the network refused; may pass
  refused,      ///< a rule says no
};

/// A failure as a value. `message` is a sentence for the person who can do something about it.
struct Error {
  Errc code;
  std::string message;
};

/// Either a T or the Error that prevented it. (Becomes std::expected with C++23.)
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace anabranch
