#include "node/backup_report.h"

#include "node/printable.h"
#include "node/sizes.h"

#include <boost/json.hpp>

namespace anabranch::node {

namespace json = boost::json;

std::string BackupReport::progress() const {
  return "under way: " + format_bytes(copied_bytes) + " copied so far";
}

std::string BackupReport::summary() const {
  return "backup " + std::to_string(number) + " in " + directory + ": " + format_bytes(bytes) +
         " in " + std::to_string(files) + " files, read back and found whole; " +
         std::to_string(kept) + (kept == 1 ? " backup is" : " backups are") + " kept there";
}

Result<BackupReport> read_backup_report(std::string_view text) {
  try {
    const json::value value = json::parse({text.data(), text.size()});
    BackupReport report;
    report.job = value.at("job").to_number<std::uint64_t>();
    report.running = value.at("running").as_bool();
    report.directory = printable(std::string_view(value.at("directory").as_string()));
    report.copied_bytes = value.at("copied_bytes").to_number<std::uint64_t>();
    if (const auto* error = value.at("error").if_string()) {
      report.error = printable(std::string_view(*error));
    }
    const json::value& backup = value.at("backup");
    if (!backup.is_null()) {
      report.number = backup.at("number").to_number<std::uint64_t>();
      report.bytes = backup.at("bytes").to_number<std::uint64_t>();
      report.files = backup.at("files").to_number<std::uint64_t>();
      report.kept = backup.at("kept").to_number<std::uint64_t>();
    }
    return report;
  } catch (const std::exception&) {
    return fail(Errc::malformed, "the answer does not tell of a backup");
  }
}

}  // namespace anabranch::node
