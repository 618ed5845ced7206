#include "models/scoreboard.h"

#include <algorithm>

#include "models/clock.h"

namespace octet {

void Scoreboard::publish(Engine engine, Cycle at) {
    Lane& lane = lanes_[static_cast<std::size_t>(engine)];
    const Cycle present = now();
    while (!lane.pending.empty() && lane.pending.front() <= present) {
        lane.pending.pop_front();
        ++lane.past;
    }
    if (!lane.pending.empty()) at = std::max(at, lane.pending.back());  // in order
    lane.pending.push_back(at);
    lane.changed.notify();
}

std::optional<Cycle> Scoreboard::when(const Needs& needs) const {
    Cycle at = 0;
    for (std::size_t e = 0; e < engine_count; ++e) {
        const Lane& lane = lanes_[e];
        if (needs.done[e] <= lane.past) continue;
        if (needs.done[e] > lane.count()) return std::nullopt;
        at = std::max(at, lane.pending[needs.done[e] - lane.past - 1]);
    }
    return at;
}

Cycle Scoreboard::await(const Needs& needs) {
    for (std::size_t e = 0; e < engine_count; ++e)
        while (needs.done[e] > lanes_[e].count()) sc_core::wait(lanes_[e].changed);
    return *when(needs);
}

}  // namespace octet
