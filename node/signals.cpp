#include "node/signals.h"

#include "base/check.h"

#include <signal.h>

#include <initializer_list>

namespace anabranch::node {

namespace {

sigset_t awaited() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = awaited();
  ANABRANCH_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);
}

int Signals::wait() const {
  const sigset_t set = awaited();
  int signal = 0;
  ANABRANCH_CHECK(sigwait(&set, &signal) == 0);
  return signal;
}

}  // namespace anabranch::node
