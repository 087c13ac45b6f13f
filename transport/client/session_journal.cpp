#include "transport/client/session_journal.h"

namespace anabranch::transport {
namespace {

class NoJournal final : public SessionJournal {
 public:
  void on_upgrade_refused(UpgradeRefusal) override {}
  void on_upgraded(SessionId) override {}
  void on_authenticated(SessionId, std::string_view) override {}
  void on_authentication_failed(SessionId, std::string_view, std::string_view) override {}
  void on_ended(const ConnectionEnd&) override {}
};

}  // namespace

SessionJournal& no_journal() {
  static NoJournal journal;
  return journal;
}

}  // namespace anabranch::transport
