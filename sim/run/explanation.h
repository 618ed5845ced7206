// Why a run, and each of its operations, took longer than the tightest resource needs: every cycle has one
// reason, so ideal cycles and reasons add up to what was simulated (docs/observability.md). The ideal cycles
// are cycles in which the resource worked. Where these are fewer, because several operations shared them, the
// others are taken from the reasons: from the waits for other operations first, then in the order of Reason.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "sim/run/interval_log.h"
#include "sim/run/simulate.h"

namespace octet {

// What happened in the cycles in which the tightest resource did not work. The stall causes stand between
// `stalls` and `other_operations`.
enum class Reason : std::uint8_t {
    below_peak,  // it did work, at less than its peak: padded tiles, partial vectors, short bursts
    weights,     // the array waited for its weights to enter
    drain,       // the array, or the vector unit, emptied
    array,       // the array worked
    vector,      // the vector unit worked
    load,        // nothing but a transfer from DRAM went on
    store,       // nothing but a transfer to DRAM went on
    stalls,
    other_operations = stalls + static_cast<std::uint8_t>(StallCause::count),  // the unit served others
    idle,                                                                      // no unit had a command
    count
};
constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::count);
std::string_view name(Reason reason);
constexpr Reason reason_of(StallCause cause) {
    return static_cast<Reason>(static_cast<std::uint8_t>(Reason::stalls) + static_cast<std::uint8_t>(cause));
}

struct Explanation {
    std::string bound_by;  // the resource that sets `ideal`; empty if there is nothing to do
    Cycle cycles = 0;      // simulated, from the first command to the last completion
    Cycle ideal = 0;       // rounded up to whole cycles
    Cycle worked = 0;      // in which that resource worked for it
    std::array<Cycle, reason_count> reasons{};  // they add up to cycles - ideal
};

struct RunExplanation {
    Explanation run;
    std::vector<Explanation> operations;  // in the order of the graph
};

// Remembers what the units did, in about five bytes an interval.
class CycleLog final : public Follower {
  public:
    // Whose states are kept. The fills' are the cycles in which they have a command.
    enum class Track : std::uint8_t { array, vector, load, store, sram, input_fill, weight_fill, count };
    static constexpr std::size_t track_count = static_cast<std::size_t>(Track::count);
    // States below are a BusyWith, those from here on a StallCause.
    static constexpr std::uint8_t stalled_from = static_cast<std::uint8_t>(BusyWith::count);

    void begins(const Graph&, const AcceleratorConfig&) override {}
    void busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) override;
    void stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) override;
    void issued(Queue, const Command&, const HeadOfQueue&) override {}
    void executed(Engine engine, OperationId operation, const CommandView& command, Cycle from, Cycle free,
                  Cycle to) override;

    // After the run, once.
    RunExplanation explain(const Simulation& simulation);

  private:
    IntervalLog& log(Track track) { return logs_[static_cast<std::size_t>(track)]; }
    std::array<IntervalLog, track_count> logs_;
};

// Adds the key `explanation` to a result document and to each of its operations.
void add_explanation(nlohmann::ordered_json& document, const RunExplanation& explanation);

}  // namespace octet
