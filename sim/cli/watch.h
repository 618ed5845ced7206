// What a simulation is asked to tell beside its result: `--timeline`, `--vcd`, `--explain`.
#pragma once
#include <optional>
#include <string>

#include "sim/cli/verbs.h"
#include "sim/report/timeline.h"
#include "sim/run/explanation.h"
#include "sim/run/register_trace.h"

namespace octet {

class Watch {
  public:
    // What is wrong with the options for such a run; empty: nothing.
    static std::string_view misuse(const WatchOptions& options, Fidelity fidelity) {
        return options.vcd.empty() || fidelity == Fidelity::registers
                   ? ""
                   : "--vcd needs registers: --fidelity register";
    }
    // Throws OutputError if a file cannot be made.
    explicit Watch(const WatchOptions& options);
    // To be handed to the simulation; they live in here.
    const Followers& followers() const { return followers_; }
    RegisterWatchers registers() { return registers_ ? RegisterWatchers{&*registers_} : RegisterWatchers{}; }
    // After the simulation: files are there. Throws OutputError.
    void finish(const Simulation& simulation);
    // The result document, with what was asked for.
    nlohmann::ordered_json document(const Simulation& simulation) const;
    // What stands below the summary (with a document: on stderr).
    std::string text(const Simulation& simulation) const;

  private:
    std::optional<TimelineFile> timeline_;
    std::optional<RegisterTrace> registers_;
    std::optional<CycleLog> log_;
    std::optional<RunExplanation> explanation_;
    Followers followers_;
};

}  // namespace octet
