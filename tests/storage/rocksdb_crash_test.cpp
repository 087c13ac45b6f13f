#include "tests/storage/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>

// A process that commits is killed with SIGKILL: what it was told is safe must be there.

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;

struct Child {
  pid_t pid;
  int output;
};

Child start_writer(const fs::path& data) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
  const std::string program = ANABRANCH_CRASH_WRITER;
  const std::string argument = data.string();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl(program.c_str(), program.c_str(), argument.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

/// Kills the writer once it has acked `enough` writes; the last seq it acked.
std::uint64_t kill_after(const Child& child, std::uint64_t enough) {
  std::string acks;
  char buffer[4096];
  bool killed = false;
  std::uint64_t lines = 0;
  for (ssize_t size; (size = ::read(child.output, buffer, sizeof buffer)) > 0;) {
    acks.append(buffer, static_cast<std::size_t>(size));
    lines += static_cast<std::uint64_t>(std::count(buffer, buffer + size, '\n'));
    if (!killed && lines >= enough) killed = ::kill(child.pid, SIGKILL) == 0;
  }
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  ::close(child.output);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
  acks.resize(acks.find_last_of('\n') + 1);
  if (acks.empty()) return 0;
  const std::size_t before_last = acks.find_last_of('\n', acks.size() - 2);
  return std::stoull(acks.substr(before_last == std::string::npos ? 0 : before_last + 1));
}

TEST(RocksdbCrash, EveryAckedWriteIsThereAfterAKill) {
  TemporaryDirectory directory;
  ReplicaId replica;
  for (int round = 0; round < 4; ++round) {
    const std::uint64_t acked =
        kill_after(start_writer(directory.path()), 50 + static_cast<std::uint64_t>(round) * 211);
    ASSERT_GT(acked, 0u);
    const OpenedStore opened = open_store(options_in(directory.path()));
    const wire::StoreState state = opened.store->state();
    EXPECT_EQ(opened.identity, DirectoryIdentity::kept);
    if (round > 0) {
      EXPECT_EQ(state.replica, replica);
    }
    replica = state.replica;
    const std::uint64_t found = state.vector[replica];
    EXPECT_GE(found, acked);
    EXPECT_LE(found, acked + 1);
    const auto records = opened.store->load_user("alice").value();
    EXPECT_EQ(records.size(), found + 1);
    for (const auto& [at, record] : records) {
      EXPECT_EQ(record.payload.value.text().size(), record.dot.seq * 37 % 5000 + 2) << at.text();
    }
  }
}

TEST(RocksdbCrash, ADirectoryHeldByAnotherProcessIsInUse) {
  TemporaryDirectory directory;
  const Child child = start_writer(directory.path());
  char byte = 0;
  EXPECT_EQ(::read(child.output, &byte, 1), 1);
  SystemRandom random;
  const auto opened = open_rocksdb_store(options_in(directory.path()), random);
  EXPECT_EQ(opened ? Errc::not_found : opened.error().code, Errc::in_use);
  kill_after(child, 2);
}

}  // namespace

}  // namespace anabranch::storage
