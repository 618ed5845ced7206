#include "sim/run/register_recording.h"

namespace octet {
namespace {

// Whether something goes on from here in the next clock.
bool moves(const PeProbe& pe) {
    return pe.input_valid || pe.passing_valid || pe.sum_valid;
}

}  // namespace

void RegisterRecording::begins(std::span<const PeProbe> pes, std::size_t, bool) {
    pes_ = pes;
    last_.assign(pes.begin(), pes.end());
}

void RegisterRecording::clocked(Cycle cycle) {
    bool moving = false;
    std::vector<Change> changes;
    for (std::size_t e = 0; e < pes_.size(); ++e) {
        moving = moving || moves(pes_[e]);
        if (pes_[e] == last_[e]) continue;
        last_[e] = pes_[e];
        changes.push_back({e, pes_[e]});
    }
    if (!moving && changes.empty()) return;
    ++frame_count_;
    if (complete()) frames_.push_back({cycle, std::move(changes)});
}

}  // namespace octet
