#include "sim/report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "sim/report/numbers.h"

namespace octet {
namespace {

constexpr std::size_t bar_width = 24;
constexpr const char* line_start = "\r\033[K";

}  // namespace

std::string progress_line(std::size_t done, std::size_t failed, std::size_t total, double seconds,
                          std::string_view what, std::size_t known) {
    const std::size_t filled = total == 0 ? bar_width : bar_width * done / total;
    std::string line =
        fmt::format("{:#<{}}{:.<{}} {} of {}", "", filled, "", bar_width - filled, done, total);
    if (failed > 0) line += fmt::format(", {} failed", failed);
    if (done > known && done < total)
        line += fmt::format(", {:.0f} s left",
                            seconds / static_cast<double>(done - known) * static_cast<double>(total - done));
    return what.empty() ? line : fmt::format("{}: {}", line, what);
}

std::string progress_line(const SweepState& state, const std::vector<SweepObjective>& objectives,
                          double seconds) {
    std::string what = fmt::format("{:.1f} a second",
                                   static_cast<double>(state.ended - state.known) / std::max(seconds, 1e-3));
    if (state.front > 0) {
        const SweepObjective& first = objectives.front();
        if (objectives.size() > 1) what += fmt::format(", {} Pareto-optimal", state.front);
        what += fmt::format(", {} {} {}", first.maximize ? "most" : "least", first.metric,
                            signed_number(state.best));
    }
    return progress_line(state.ended, state.failed, state.total, seconds, what, state.known);
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

SweepProgress::SweepProgress(std::vector<SweepObjective> objectives)
    : terminal_(isatty(STDERR_FILENO) != 0), objectives_(std::move(objectives)) {}

SweepProgress::~SweepProgress() {
    if (terminal_) fmt::print(stderr, "{}", line_start);
}

void SweepProgress::advance(const SweepState& state) {
    const auto now = std::chrono::steady_clock::now();
    const double pause = terminal_ ? 0.1 : 10;
    const bool last = state.ended == state.total;
    if (std::chrono::duration<double>(now - last_).count() < pause && !last) return;
    if (!terminal_ && last_ == begin_ && last) return;  // a short sweep needs no log
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    fmt::print(stderr, "{}{}{}", terminal_ ? line_start : "", progress_line(state, objectives_, seconds),
               terminal_ ? "" : "\n");
}

}  // namespace octet
