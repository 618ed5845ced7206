// A bar on stderr for work that comes in pieces, where stderr is a terminal.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/sweep/sweep.h"

namespace octet {

// "####................ 2 of 5, 1 failed, 3 s left: e4m3". Of those done `known` took none of the seconds.
std::string progress_line(std::size_t done, std::size_t failed, std::size_t total, double seconds,
                          std::string_view what, std::size_t known = 0);
// The same of a sweep, with its rate and the best of its first objective so far.
std::string progress_line(const SweepState& state, const std::vector<SweepObjective>& objectives,
                          double seconds);

class ProgressBar {
  public:
    explicit ProgressBar(std::size_t total);
    ~ProgressBar();  // takes the line away
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    // A piece has ended; `what` says which.
    void advance(bool failed, std::string_view what);

  private:
    bool shown_;
    std::size_t total_, done_ = 0, failed_ = 0;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// The same for work whose size becomes known on the way: on a terminal a bar, else (a log) a line every ten
// seconds.
class SweepProgress {
  public:
    explicit SweepProgress(std::vector<SweepObjective> objectives);
    ~SweepProgress();
    SweepProgress(const SweepProgress&) = delete;
    SweepProgress& operator=(const SweepProgress&) = delete;
    void advance(const SweepState& state);

  private:
    bool terminal_;
    std::vector<SweepObjective> objectives_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now(), last_ = begin_;
};

}  // namespace octet
