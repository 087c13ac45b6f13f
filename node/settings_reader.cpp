#include "node/settings_reader.h"

#include "node/duration.h"
#include "node/printable.h"

#include <algorithm>
#include <array>

namespace anabranch::node {

namespace {

std::string_view type_name(const TomlNode& node) {
  static constexpr std::array<std::string_view, 7> names{
      "true or false", "a whole number", "a fraction", "text", "a date", "a list", "a table"};
  return names[node.value.index()];
}

}  // namespace

Issues::Issues(std::filesystem::path file) { source_.file = std::move(file); }

void Issues::add(int line, std::string_view key, std::string_view problem) {
  found_.emplace_back(line, source_.file.string() + ':' + std::to_string(line) + ": " +
                                printable(key) + ": " + printable(problem));
}

Error Issues::to_error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  std::string message;
  for (const auto& [line, text] : sorted) {
    if (!message.empty()) message += '\n';
    message += text;
  }
  return {Errc::invalid_config, std::move(message)};
}

Section::Section(const TomlTable* table, int line, std::string prefix, Issues& issues)
    : table_(table), line_(line), prefix_(std::move(prefix)), issues_(&issues) {}

bool Section::has(std::string_view key) const { return find(key) != nullptr; }

void Section::text(const std::string& key, std::string& out, const Rule& rule) {
  const TomlNode* node = take(key);
  if (node == nullptr) return;
  const auto* value = std::get_if<std::string>(&node->value);
  if (value == nullptr) return wrong_type(key, *node, "text in quotes");
  if (const auto problem = rule ? rule(*value) : std::nullopt) return wrong(key, *problem);
  out = *value;
}

void Section::required_text(const std::string& key, std::string& out, const Rule& rule) {
  if (!has(key)) wrong(key, "is missing");
  text(key, out, rule);
}

void Section::texts(const std::string& key, std::vector<std::string>& out, const Rule& rule) {
  const TomlNode* node = take(key);
  if (node == nullptr) return;
  const auto* list = std::get_if<TomlArray>(&node->value);
  if (list == nullptr) return wrong_type(key, *node, "a list of texts");
  std::vector<std::string> values;
  for (const TomlNode& item : *list) {
    const auto* value = std::get_if<std::string>(&item.value);
    if (value == nullptr) {
      issues_->add(item.line, full(key),
                   "must be a list of texts, holds " + std::string(type_name(item)));
    } else if (const auto problem = rule ? rule(*value) : std::nullopt) {
      issues_->add(item.line, full(key), *problem);
    } else {
      values.push_back(*value);
    }
  }
  out = std::move(values);
}

void Section::flag(const std::string& key, bool& out) {
  const TomlNode* node = take(key);
  if (node == nullptr) return;
  const auto* value = std::get_if<bool>(&node->value);
  if (value == nullptr) return wrong_type(key, *node, "true or false");
  out = *value;
}

void Section::duration(const std::string& key, std::chrono::milliseconds& out,
                       std::chrono::milliseconds min, std::chrono::milliseconds max) {
  std::string written = format_duration(out);
  bool right = true;
  text(key, written, [&](const std::string& value) -> std::optional<std::string> {
    const auto parsed = parse_duration(value);
    right = parsed && *parsed >= min && *parsed <= max;
    if (right) return {};
    if (!parsed) return "must be a duration such as 500ms, 60s, 5m, 1h or 30d, is \"" + value + '"';
    return *parsed < min ? "must be at least " + format_duration(min) + ", is " + value
                         : "must be at most " + format_duration(max) + ", is " + value;
  });
  if (right) out = parse_duration(written).value_or(out);
}

void Section::path(const std::string& key, std::filesystem::path& out) {
  std::string written;
  text(key, written, [](const std::string& value) -> std::optional<std::string> {
    if (value.empty()) return "must not be empty";
    if (value.find('\0') != std::string::npos) return "must be a path";
    return {};
  });
  if (!written.empty()) out = (issues_->folder() / written).lexically_normal();
}

Section Section::table(const std::string& key) {
  const TomlNode* node = take(key);
  const auto* found = node == nullptr ? nullptr : std::get_if<TomlTable>(&node->value);
  if (node != nullptr && found == nullptr) {
    wrong_type(key, *node, "a table, [" + full(key) + ']');
  }
  return {found, node == nullptr ? line_ : node->line, full(key), *issues_};
}

std::vector<Section> Section::tables(const std::string& key) {
  std::vector<Section> result;
  const TomlNode* node = take(key);
  if (node == nullptr) return result;
  const std::string wanted = "tables, each under [[" + full(key) + "]]";
  const auto* list = std::get_if<TomlArray>(&node->value);
  if (list == nullptr) {
    wrong_type(key, *node, wanted);
    return result;
  }
  for (const TomlNode& item : *list) {
    const auto* found = std::get_if<TomlTable>(&item.value);
    if (found == nullptr) {
      wrong_type(key, item, wanted);
    } else {
      result.emplace_back(found, item.line, full(key), *issues_);
    }
  }
  return result;
}

void Section::wrong(const std::string& key, std::string_view problem) {
  const TomlNode* node = find(key);
  issues_->add(node == nullptr ? line_ : node->line, full(key), problem);
}

void Section::finish() {
  if (table_ == nullptr) return;
  for (const TomlEntry& entry : *table_) {
    if (known_.contains(entry.key)) continue;
    std::string problem = "unknown key; known here are ";
    for (const std::string& key : known_) {
      if (key != *known_.begin()) problem += ", ";
      problem += key;
    }
    issues_->add(entry.node.line, full(entry.key), problem);
  }
}

const TomlNode* Section::find(std::string_view key) const {
  if (table_ == nullptr) return nullptr;
  const auto entry = std::find_if(table_->begin(), table_->end(),
                                  [&](const TomlEntry& candidate) { return candidate.key == key; });
  return entry == table_->end() ? nullptr : &entry->node;
}

const TomlNode* Section::take(const std::string& key) {
  known_.insert(key);
  const TomlNode* node = find(key);
  if (node != nullptr) issues_->source().lines.emplace(full(key), node->line);
  return node;
}

std::string Section::full(const std::string& key) const {
  return prefix_.empty() ? key : prefix_ + '.' + key;
}

std::optional<std::uint64_t> Section::ranged(const std::string& key, std::uint64_t min,
                                             std::uint64_t max) {
  const TomlNode* node = take(key);
  if (node == nullptr) return {};
  const auto* value = std::get_if<std::int64_t>(&node->value);
  if (value == nullptr) {
    wrong_type(key, *node, "a whole number");
    return {};
  }
  const std::string is = ", is " + std::to_string(*value);
  if (*value < 0 || static_cast<std::uint64_t>(*value) < min) {
    wrong(key, "must be at least " + std::to_string(min) + is);
    return {};
  }
  if (static_cast<std::uint64_t>(*value) > max) {
    wrong(key, "must be at most " + std::to_string(max) + is);
    return {};
  }
  return static_cast<std::uint64_t>(*value);
}

void Section::wrong_type(const std::string& key, const TomlNode& node, std::string_view wanted) {
  issues_->add(node.line, full(key),
               "must be " + std::string(wanted) + ", is " + std::string(type_name(node)));
}

}  // namespace anabranch::node
