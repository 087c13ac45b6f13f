#include "node/drain_report.h"

#include "node/operations_json.h"

#include <gtest/gtest.h>

namespace anabranch::node {

namespace {

cluster::DrainProgress draining(std::vector<cluster::DrainProgress::Peer> peers) {
  return {true, true, std::move(peers)};
}

DrainReport report_of(const cluster::DrainProgress& progress, std::size_t connections = 0,
                      const std::vector<std::string>& except = {}) {
  return read_drain_report(drain_json(progress, connections, except), except).value();
}

TEST(DrainReport, IsSafeOnceAllHaveEverything) {
  const DrainReport report = report_of(draining({{"b", true, 0, false}, {"c", true, 0, false}}));
  EXPECT_TRUE(report.safe);
  EXPECT_EQ(report.reason(), "b and c have on disk everything that this node has");
  EXPECT_EQ(report.missing(), "");
}

TEST(DrainReport, NamesEachPeerThatHasNotAndWhy) {
  const DrainReport report = report_of(draining({{"b", false, 0, false},
                                                 {"c", true, 1, false},
                                                 {"d", true, 20, false},
                                                 {"e", true, {}, false},
                                                 {"f", true, 0, true},
                                                 {"g", true, 0, false}}),
                                       3);
  EXPECT_FALSE(report.safe);
  EXPECT_EQ(report.missing(),
            "b is not connected, c lacks 1 write, d lacks 20 writes, e has not told what it has, "
            "f may lack records of a pull that was cut");
  EXPECT_EQ(report.waiting_for(), "3 clients, " + report.missing());
}

TEST(DrainReport, DoesNotWaitForExceptions) {
  const auto progress = draining({{"b", true, 0, false}, {"c", false, {}, false}});
  EXPECT_FALSE(report_of(progress).safe);
  const DrainReport report = report_of(progress, 0, {"c"});
  EXPECT_TRUE(report.safe);
  EXPECT_EQ(report.reason(), "b has on disk everything that this node has");
}

TEST(DrainReport, SaysWhenThereIsNobody) {
  const DrainReport report = report_of(draining({}));
  EXPECT_TRUE(report.safe);
  EXPECT_EQ(report.reason(),
            "there is nobody to wait for; what this node has is on its disk alone");
}

TEST(DrainReport, IsNotSafeBeforeItsOwnDiskHasAll) {
  auto progress = draining({{"b", true, 0, false}});
  progress.settled = false;
  EXPECT_FALSE(report_of(progress).safe);
  EXPECT_EQ(report_of(progress).missing(), "this node has not all of its writes on disk");
}

TEST(DrainReport, ClientsAloneAreToldOf) {
  EXPECT_EQ(report_of(draining({}), 1).waiting_for(), "1 client");
}

TEST(DrainReport, AnythingElseIsAnError) {
  EXPECT_FALSE(read_drain_report("", {}));
  EXPECT_FALSE(read_drain_report("{\"draining\":true}", {}));
  EXPECT_FALSE(read_drain_report("[]", {}));
}

}  // namespace

}  // namespace anabranch::node
