#include "wire/rfc3339.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace anabranch::wire {

namespace {

using namespace std::chrono;

constexpr sys_time<milliseconds> earliest = sys_days(year(0) / 1 / 1);
constexpr sys_time<milliseconds> end_of_time = sys_days(year(10000) / 1 / 1);

/// Takes what it needs off the front of a text; false for anything else.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Exactly `count` decimal digits of a number of at most `max`.
  bool digits(int count, int max, int& number) {
    number = 0;
    for (int i = 0; i < count; ++i) {
      if (!at_digit()) return false;
      number = number * 10 + take() - '0';
    }
    return number <= max;
  }

  bool one_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return false;
    last_ = take();
    return true;
  }

  /// One or more decimals of a second, as whole milliseconds.
  bool decimals(int& ms) {
    ms = 0;
    if (!at_digit()) return false;
    for (int weight = 100; at_digit(); weight /= 10) ms += (take() - '0') * weight;
    return true;
  }

  char last() const { return last_; }  ///< what one_of found
  bool at_end() const { return rest_.empty(); }

 private:
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  char last_ = 0;
};

std::optional<sys_days> scan_date(Scanner& scanner) {
  int y = 0, m = 0, d = 0;
  if (!scanner.digits(4, 9999, y) || !scanner.one_of("-") || !scanner.digits(2, 12, m) ||
      !scanner.one_of("-") || !scanner.digits(2, 31, d)) {
    return {};
  }
  const year_month_day date(year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d)));
  if (!date.ok()) return {};
  return sys_days(date);
}

struct TimeOfDay {
  milliseconds since_midnight{};
  bool leap = false;  ///< second 60, taken as the full minute after it
};

std::optional<TimeOfDay> scan_time(Scanner& scanner) {
  int h = 0, m = 0, s = 0, ms = 0;
  if (!scanner.digits(2, 23, h) || !scanner.one_of(":") || !scanner.digits(2, 59, m) ||
      !scanner.one_of(":") || !scanner.digits(2, 60, s)) {
    return {};
  }
  if (scanner.one_of(".") && !scanner.decimals(ms)) return {};
  const bool leap = s == 60;
  const milliseconds fraction(leap ? 0 : ms);
  return TimeOfDay{hours(h) + minutes(m) + seconds(s) + fraction, leap};
}

std::optional<minutes> scan_zone(Scanner& scanner) {
  if (scanner.one_of("Zz")) return minutes(0);
  if (!scanner.one_of("+-")) return {};
  const int sign = scanner.last() == '-' ? -1 : 1;
  int h = 0, m = 0;
  if (!scanner.digits(2, 23, h) || !scanner.one_of(":") || !scanner.digits(2, 59, m)) return {};
  return sign * (hours(h) + minutes(m));
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const auto date = scan_date(scanner);
  if (!date || !scanner.one_of("Tt")) return {};
  const auto time = scan_time(scanner);
  if (!time) return {};
  const auto zone = scan_zone(scanner);
  if (!zone || !scanner.at_end()) return {};
  const sys_time<milliseconds> at = *date + time->since_midnight - *zone;
  if (time->leap && at != floor<days>(at)) return {};
  if (at < earliest || at >= end_of_time) return {};
  return at.time_since_epoch().count();
}

std::string format_rfc3339(std::int64_t unix_ms) {
  std::string text;
  append_rfc3339(text, unix_ms);
  return text;
}

void append_rfc3339(std::string& out, std::int64_t unix_ms) {
  const sys_time<milliseconds> at =
      std::clamp(sys_time<milliseconds>(milliseconds(unix_ms)), earliest,
                 sys_time<milliseconds>(end_of_time - milliseconds(1)));
  const sys_days date = floor<days>(at);
  const year_month_day ymd(date);
  const hh_mm_ss time(at - date);
  auto text = std::to_array("0000-00-00T00:00:00.000Z");
  const auto put = [&text](std::size_t where, int count, auto number) {
    for (auto rest = static_cast<int>(number); count > 0; rest /= 10) {
      text[where + static_cast<std::size_t>(--count)] = static_cast<char>('0' + rest % 10);
    }
  };
  put(0, 4, static_cast<int>(ymd.year()));
  put(5, 2, static_cast<unsigned>(ymd.month()));
  put(8, 2, static_cast<unsigned>(ymd.day()));
  put(11, 2, time.hours().count());
  put(14, 2, time.minutes().count());
  put(17, 2, time.seconds().count());
  put(20, 3, time.subseconds().count());
  out.append(text.data(), text.size() - 1);
}

}  // namespace anabranch::wire
