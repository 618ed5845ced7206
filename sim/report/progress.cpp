#include "sim/report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace octet {
namespace {

constexpr std::size_t bar_width = 24;
constexpr const char* line_start = "\r\033[K";

}  // namespace

std::string progress_line(std::size_t done, std::size_t failed, std::size_t total, double seconds,
                          std::string_view what) {
    const std::size_t filled = total == 0 ? bar_width : bar_width * done / total;
    std::string line =
        fmt::format("{:#<{}}{:.<{}} {} of {}", "", filled, "", bar_width - filled, done, total);
    if (failed > 0) line += fmt::format(", {} failed", failed);
    if (done > 0 && done < total)
        line += fmt::format(", {:.0f} s left",
                            seconds / static_cast<double>(done) * static_cast<double>(total - done));
    return what.empty() ? line : fmt::format("{}: {}", line, what);
}

ProgressBar::ProgressBar(std::size_t total) : shown_(isatty(STDERR_FILENO) != 0), total_(total) {
    if (shown_) fmt::print(stderr, "{}{}", line_start, progress_line(0, 0, total, 0, ""));
}

ProgressBar::~ProgressBar() {
    if (shown_) fmt::print(stderr, "{}", line_start);
}

void ProgressBar::advance(bool failed, std::string_view what) {
    ++done_;
    if (failed) ++failed_;
    if (!shown_) return;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    fmt::print(stderr, "{}{}", line_start, progress_line(done_, failed_, total_, seconds, what));
}

SweepProgress::SweepProgress() : terminal_(isatty(STDERR_FILENO) != 0) {}

SweepProgress::~SweepProgress() {
    if (terminal_) fmt::print(stderr, "{}", line_start);
}

void SweepProgress::advance(std::uint64_t done, std::uint64_t total, bool failed) {
    if (failed) ++failed_;
    const auto now = std::chrono::steady_clock::now();
    const double pause = terminal_ ? 0.1 : 10;
    if (std::chrono::duration<double>(now - last_).count() < pause && done < total) return;
    if (!terminal_ && last_ == begin_ && done == total) return;  // a short sweep needs no log
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const std::string rate = fmt::format("{:.1f} a second", static_cast<double>(done) / seconds);
    const std::string line = progress_line(done, failed_, total, seconds, rate);
    fmt::print(stderr, "{}{}{}", terminal_ ? line_start : "", line, terminal_ ? "" : "\n");
}

}  // namespace octet
