#include "node/toml_file.h"

#include "node/files.h"
#include "node/printable.h"

// Settings stand in tables of tables at most.
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include <string_view>

namespace anabranch::node {

namespace {

/// toml++ makes a table for each part of a dotted key, however many, and frees them by recursion.
/// With the bound on nested values this one keeps the stack small.
constexpr std::size_t max_dots_on_line = 256;

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

/// The first line with more than max_dots_on_line; 0 where there is none.
int find_endless_line(std::string_view text) {
  int line = 1;
  std::size_t dots = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
    }
    if (c == '.' && ++dots > max_dots_on_line) return line;
  }
  return 0;
}

tl::unexpected<Error> refuse(const std::filesystem::path& file, std::int64_t line,
                             const std::string& why) {
  return fail(Errc::invalid_config, file.string() + ':' + std::to_string(line) + ": " + why);
}

}  // namespace

Result<TomlNode> read_toml_file(const std::filesystem::path& file) {
  const auto text = read_file(file, max_config_file_bytes);
  if (!text) return fail(Errc::invalid_config, text.error().message);
  if (const int line = find_endless_line(*text)) {
    return refuse(file, line,
                  "more than " + std::to_string(max_dots_on_line) +
                      " dots: write a long list with one item a line");
  }
  try {
    return convert(toml::parse(*text, file.string()));
  } catch (const toml::parse_error& error) {
    return refuse(file, error.source().begin.line, "not TOML: " + printable(error.description()));
  }
}

}  // namespace anabranch::node
