#pragma once

#include "base/result.h"
#include "node/config.h"
#include "node/toml_file.h"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anabranch::node {

/// Collects what is wrong with a file, so that a person mends it in one go.
class Issues {
 public:
  explicit Issues(std::filesystem::path file);

  void add(int line, std::string_view key, std::string_view problem);
  bool empty() const { return found_.empty(); }
  /// All of them in the order of the file, one a line.
  Error to_error() const;

  ConfigSource& source() { return source_; }
  std::filesystem::path folder() const { return source_.file.parent_path(); }

 private:
  ConfigSource source_;
  std::vector<std::pair<int, std::string>> found_;
};

/// One table of a file, read key by key. A value that is missing gives the fallback, one of the
/// wrong type or out of range an issue and the fallback. `finish` reports the keys that nobody
/// asked for. The tree and the issues outlive it.
///
///     Section limits = root.table("limits");
///     limits.number("update_burst", config.update_burst, 1, 1'000'000'000);
///     limits.finish();
class Section {
 public:
  /// Says what is wrong with a text ("must be …"), nothing when it is right.
  using Rule = std::function<std::optional<std::string>(const std::string&)>;

  /// `table` null: a section that the file leaves out.
  Section(const TomlTable* table, int line, std::string prefix, Issues& issues);

  int line() const { return line_; }
  bool has(std::string_view key) const;

  void text(const std::string& key, std::string& out, const Rule& rule = {});
  void required_text(const std::string& key, std::string& out, const Rule& rule = {});
  void texts(const std::string& key, std::vector<std::string>& out, const Rule& rule = {});
  void flag(const std::string& key, bool& out);
  void duration(const std::string& key, std::chrono::milliseconds& out,
                std::chrono::milliseconds min, std::chrono::milliseconds max);
  template <std::unsigned_integral Number>
  void number(const std::string& key, Number& out, std::uint64_t min, std::uint64_t max) {
    if (const auto value = ranged(key, min, max)) out = static_cast<Number>(*value);
  }
  /// A path, taken from the file's folder.
  void path(const std::string& key, std::filesystem::path& out);

  Section table(const std::string& key);
  std::vector<Section> tables(const std::string& key);

  /// An issue with one of the table's keys, set or missing.
  void wrong(const std::string& key, std::string_view problem);
  void finish();

 private:
  const TomlNode* find(std::string_view key) const;
  const TomlNode* take(const std::string& key);
  std::string full(const std::string& key) const;
  std::optional<std::uint64_t> ranged(const std::string& key, std::uint64_t min, std::uint64_t max);
  void wrong_type(const std::string& key, const TomlNode& node, std::string_view wanted);

  const TomlTable* table_;
  int line_;
  std::string prefix_;
  Issues* issues_;
  std::set<std::string> known_;
};

}  // namespace anabranch::node
