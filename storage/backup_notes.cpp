#include "storage/backup_notes.h"

#include "wire/rfc3339.h"

#include <charconv>
#include <functional>
#include <map>
#include <optional>

namespace anabranch::storage {

namespace {

constexpr std::string_view title = "anabranch-backup";

std::map<std::string, std::string, std::less<>> read_lines(std::string_view text) {
  std::map<std::string, std::string, std::less<>> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    lines.emplace(line.substr(0, space), line.substr(space + 1));
  }
  return lines;
}

std::optional<std::uint32_t> read_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

}  // namespace

std::string encode_backup_notes(const BackupNotes& notes) {
  std::string text = std::string(title) + ' ' + std::to_string(backup_format) + '\n';
  text += "cluster " + notes.cluster + '\n';
  text += "node " + notes.node + '\n';
  text += "replica " + notes.replica.to_string() + '\n';
  text += "database " + std::to_string(notes.database) + '\n';
  text += "taken " + wire::format_rfc3339(notes.taken_ms) + '\n';
  text += "program " + notes.program + '\n';
  return text;
}

Result<BackupNotes> decode_backup_notes(std::string_view text) {
  auto lines = read_lines(text);
  const auto format = read_number(lines[std::string(title)]);
  if (!format) return fail(Errc::corrupt, "it is no backup of a node");
  if (*format > backup_format) {
    return fail(Errc::unsupported, "it has format " + std::to_string(*format) +
                                       ", and this program knows formats up to " +
                                       std::to_string(backup_format) +
                                       ". Use the newer program that made it");
  }
  const auto replica = ReplicaId::parse(lines["replica"]);
  const auto database = read_number(lines["database"]);
  const auto taken = wire::parse_rfc3339(lines["taken"]);
  if (!replica || !database || !taken || lines["node"].empty() || lines["cluster"].empty()) {
    return fail(Errc::corrupt, "its notes are damaged");
  }
  return BackupNotes{lines["cluster"], lines["node"], *replica,
                     *database,        *taken,        lines["program"]};
}

}  // namespace anabranch::storage
