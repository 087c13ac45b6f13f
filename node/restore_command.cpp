#include "base/random.h"
#include "node/command_output.h"
#include "node/commands.h"
#include "node/serve.h"
#include "node/sizes.h"
#include "storage/restore.h"
#include "wire/rfc3339.h"

#include <sys/stat.h>

namespace anabranch::node {

int restore_command(const RestoreCommandOptions& options) {
  ::umask(S_IRWXG | S_IRWXO);  // what it writes are users' data
  storage::RestoreOptions restore;
  restore.from = options.from;
  restore.data_dir = options.data_dir;
  restore.number = options.number;
  SystemRandom random;
  const auto restored = storage::restore_backup(restore, random);
  if (!restored) {
    const bool is_missing = restored.error().code == Errc::not_found;
    return complain(restored.error().message, is_missing ? exit_usage : exit_failed);
  }
  const storage::BackupNotes& notes = restored->notes;
  return answer("restored backup " + std::to_string(restored->number) + " of node " + notes.node +
                " (cluster " + notes.cluster + "), taken " + wire::format_rfc3339(notes.taken_ms) +
                ", " + format_bytes(restored->bytes) + ", into " + options.data_dir.string() +
                ". Its replica id is " + restored->replica.to_string() +
                " from now on; what is newer than the backup comes from the other members when "
                "the node is started");
}

}  // namespace anabranch::node
