// A bar on stderr for work that comes in pieces, where stderr is a terminal.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace octet {

// "  ####................  2 of 5, 1 failed, 3 s left: e4m3"
std::string progress_line(std::size_t done, std::size_t failed, std::size_t total, double seconds,
                          std::string_view what);

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

}  // namespace octet
