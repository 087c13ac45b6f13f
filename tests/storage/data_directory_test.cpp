#include "storage/data_directory.h"

#include "tests/storage/support.h"

#include <gtest/gtest.h>

namespace anabranch::storage {

namespace {

namespace fs = std::filesystem;

const Marker standing{1, 2, 3, 4, 5};
const DirectoryNotes notes{ReplicaId{9}, "eu", {Marker{6, 7, 8, 9, 10}, standing}};

/// Writes the next marker and puts it into its place.
Marker renew(const DataDirectory& directory, std::uint64_t nonce) {
  const Marker marker = directory.prepare_marker(nonce).value();
  EXPECT_TRUE(directory.publish_marker());
  return marker;
}

TEST(DataDirectory, IsNewWhileNoReplicaIsNoted) {
  EXPECT_EQ(identify({}, {}, "eu"), DirectoryIdentity::created);
}

TEST(DataDirectory, IsKeptWhenAnyNotedMarkerStands) {
  EXPECT_EQ(identify(notes, standing, "eu"), DirectoryIdentity::kept);
  EXPECT_EQ(identify(notes, notes.markers[0], "eu"), DirectoryIdentity::kept);
}

TEST(DataDirectory, IsCopiedWhenAnythingAboutItsMarkerDiffers) {
  EXPECT_EQ(identify(notes, {}, "eu"), DirectoryIdentity::copied);
  for (std::uint64_t Marker::* const field : {&Marker::nonce, &Marker::device, &Marker::inode}) {
    Marker other = standing;
    ++(other.*field);
    EXPECT_EQ(identify(notes, other, "eu"), DirectoryIdentity::copied);
  }
  Marker reborn = standing;
  ++reborn.birth_ns;
  EXPECT_EQ(identify(notes, reborn, "eu"), DirectoryIdentity::copied);
}

TEST(DataDirectory, OfAnotherNodeIsToldApart) {
  EXPECT_EQ(identify(notes, standing, "us"), DirectoryIdentity::other_node);
}

TEST(DataDirectory, MarkersReadBackAndEachIsAnother) {
  TemporaryDirectory temporary;
  const auto directory = DataDirectory::open(temporary.path()).value();
  EXPECT_FALSE(directory->marker());
  const Marker first = renew(*directory, 1);
  EXPECT_EQ(directory->marker(), first);
  const Marker second = renew(*directory, 1);
  EXPECT_EQ(directory->marker(), second);
  EXPECT_NE(first, second);
}

TEST(DataDirectory, APreparedMarkerDoesNotStandYet) {
  TemporaryDirectory temporary;
  const auto directory = DataDirectory::open(temporary.path()).value();
  const Marker first = renew(*directory, 1);
  ASSERT_TRUE(directory->prepare_marker(2));
  EXPECT_EQ(directory->marker(), first);
}

TEST(DataDirectory, AMarkerWrittenOverOrCopiedIsAnother) {
  TemporaryDirectory temporary;
  const auto directory = DataDirectory::open(temporary.path()).value();
  const Marker first = renew(*directory, 1);
  fs::copy_file(temporary.path() / "replica", temporary.path() / "copy");
  fs::rename(temporary.path() / "copy", temporary.path() / "replica");
  EXPECT_NE(directory->marker(), first);
  write_file(temporary.path() / "replica", "scribble");
  EXPECT_FALSE(directory->marker());
}

TEST(DataDirectory, IsHeldByOneAtATime) {
  TemporaryDirectory temporary;
  auto first = DataDirectory::open(temporary.path());
  ASSERT_TRUE(first);
  EXPECT_EQ(DataDirectory::open(temporary.path()).error().code, Errc::in_use);
  first->reset();
  EXPECT_TRUE(DataDirectory::open(temporary.path()));
}

TEST(DataDirectory, AFileInItsPlaceIsAnErrorOfConfiguration) {
  TemporaryDirectory temporary;
  write_file(temporary.path() / "file", "x");
  EXPECT_EQ(DataDirectory::open(temporary.path() / "file").error().code, Errc::invalid_config);
}

TEST(DataDirectory, KnowsWhetherItHoldsADatabase) {
  TemporaryDirectory temporary;
  const auto directory = DataDirectory::open(temporary.path()).value();
  EXPECT_FALSE(directory->holds_database().value());
  fs::create_directory(directory->database_path());
  EXPECT_FALSE(directory->holds_database().value());
  write_file(directory->database_path() / "000004.log", "x");
  EXPECT_EQ(directory->holds_database().error().code, Errc::corrupt);
  write_file(directory->database_path() / "CURRENT", "x");
  EXPECT_TRUE(directory->holds_database().value());
}

}  // namespace

}  // namespace anabranch::storage
