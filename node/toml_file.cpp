#include "node/toml_file.h"

#include "node/files.h"

#include <toml++/toml.h>

#include <string_view>

namespace anabranch::node {

namespace {

TomlNode convert(const toml::node& node);

TomlTable convert_table(const toml::table& table) {
  TomlTable entries;
  entries.reserve(table.size());
  for (const auto& [key, node] : table) {
    entries.push_back({std::string(key.str()), convert(node)});
    // A table that no header of its own opens has no line: the key that names it has one.
    if (entries.back().node.line == 0) {
      entries.back().node.line = static_cast<int>(key.source().begin.line);
    }
  }
  return entries;
}

TomlArray convert_array(const toml::array& array) {
  TomlArray nodes;
  nodes.reserve(array.size());
  for (const toml::node& node : array) nodes.push_back(convert(node));
  return nodes;
}

TomlNode convert(const toml::node& node) {
  TomlNode result;
  result.line = static_cast<int>(node.source().begin.line);
  if (const auto* table = node.as_table()) {
    result.value = convert_table(*table);
  } else if (const auto* array = node.as_array()) {
    result.value = convert_array(*array);
  } else if (const auto* text = node.as_string()) {
    result.value = text->get();
  } else if (const auto* integer = node.as_integer()) {
    result.value = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    result.value = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    result.value = flag->get();
  } else {
    result.value = TomlDate{};
  }
  return result;
}

}  // namespace

Result<TomlNode> read_toml_file(const std::filesystem::path& file) {
  const auto text = read_file(file, max_config_file_bytes);
  if (!text) return fail(Errc::invalid_config, text.error().message);
  try {
    return convert(toml::parse(*text, file.string()));
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid_config, file.string() + ':' +
                                          std::to_string(error.source().begin.line) +
                                          ": not TOML: " + std::string(error.description()));
  }
}

}  // namespace anabranch::node
