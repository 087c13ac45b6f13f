#include "node/log.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace anabranch::node {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;

/// What `write` logs, in the given format.
template <class Write>
std::string logged(LogConfig config, Write write) {
  std::ostringstream out;
  const Log log(config, out);
  write(log);
  return out.str();
}

TEST(Log, ATextLineHasTimeLevelEventAndFields) {
  const std::string line = logged({}, [](const Log& log) {
    log.info("listening", {{"clients", "127.0.0.1:8101"}, {"port", 8101}, {"tls", false}});
  });
  EXPECT_THAT(line, MatchesRegex("[0-9-]+T[0-9:.]+Z info    listening clients=127.0.0.1:8101 "
                                 "port=8101 tls=false\n"));
}

TEST(Log, TextValuesCannotForgeLinesOrFields) {
  const std::string line = logged({}, [](const Log& log) {
    log.warning("odd", {{"name", "a b=\"c\"\n\x1b[31mfake \xff"}, {"empty", ""}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_THAT(line, EndsWith(R"(odd name="a b=\"c\"\n\u001b[31mfake ?" empty="")"
                             "\n"));
}

TEST(Log, AJsonLineIsOneObject) {
  const std::string line = logged({LogLevel::info, LogFormat::json}, [](const Log& log) {
    log.error("odd", {{"text", std::string("a\"\n\xff\xc3\xbc")},
                      {"negative", -5},
                      {"large", std::uint64_t{1} << 63},
                      {"half", 0.5},
                      {"nan", std::nan("")},
                      {"flag", true}});
  });
  const auto object = boost::json::parse(line).as_object();
  EXPECT_EQ(object.at("level"), "error");
  EXPECT_EQ(object.at("event"), "odd");
  EXPECT_EQ(object.at("text"), "a\"\n???");
  EXPECT_EQ(object.at("negative"), -5);
  EXPECT_EQ(object.at("large").as_uint64(), std::uint64_t{1} << 63);
  EXPECT_EQ(object.at("half"), 0.5);
  EXPECT_TRUE(object.at("nan").is_null());
  EXPECT_EQ(object.at("flag"), true);
  EXPECT_TRUE(object.contains("time"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, EveryLineMayNameTheNode) {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    std::ostringstream out;
    Log log({LogLevel::info, format}, out);
    log.set_node("e u");
    log.info("up", {{"port", 1}});
    EXPECT_THAT(out.str(), testing::HasSubstr(format == LogFormat::text
                                                  ? "up node=\"e u\" port=1\n"
                                                  : R"("event":"up","node":"e u","port":1})"));
  }
}

TEST(Log, LinesBelowTheLevelAreLeftOut) {
  const auto all = [](const Log& log) {
    log.debug("d");
    log.info("i");
    log.warning("w");
    log.error("e");
  };
  const auto lines = [&](LogLevel level) {
    const std::string text = logged({level, LogFormat::text}, all);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(LogLevel::debug), 4);
  EXPECT_EQ(lines(LogLevel::info), 3);
  EXPECT_EQ(lines(LogLevel::warning), 2);
  EXPECT_EQ(lines(LogLevel::error), 1);
}

TEST(Log, LinesOfSeveralThreadsDoNotMix) {
  std::ostringstream out;
  {
    const Log log({}, out);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&log] {
        for (int n = 0; n < 200; ++n) log.info("event", {{"n", 7}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::istringstream lines(out.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, EndsWith(" info    event n=7"));
  }
  EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace anabranch::node
