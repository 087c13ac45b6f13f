#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace anabranch::node {

struct TomlNode;
struct TomlEntry;
using TomlArray = std::vector<TomlNode>;
using TomlTable = std::vector<TomlEntry>;

/// A date or time: TOML has them, no setting does.
struct TomlDate {};

/// A value of a TOML file and the line that it stands on (from 1).
struct TomlNode {
  int line = 1;
  std::variant<bool, std::int64_t, double, std::string, TomlDate, TomlArray, TomlTable> value;
};

struct TomlEntry {
  std::string key;
  TomlNode node;
};

/// The largest configuration file that is read.
inline constexpr std::size_t max_config_file_bytes = 1 << 20;

/// Reads a file whole; the node it returns is its root table. Errc::invalid_config with file and
/// line when it is missing, too large or not TOML.
Result<TomlNode> read_toml_file(const std::filesystem::path& file);

}  // namespace anabranch::node
