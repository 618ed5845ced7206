// An experiment from its file to its result: workload, program, machine, prices.
#pragma once
#include <vector>

#include "models/array/register_watcher.h"
#include "models/observer.h"
#include "sim/config/experiment.h"
#include "sim/lower/program.h"
#include "sim/run/assemble.h"
#include "sim/run/value_run.h"
#include "sim/workload/graph.h"

namespace octet {

// Follows a simulation: is told what will run, and then what happens.
class Follower : public RunObserver {
  public:
    virtual void begins(const Graph& graph, const AcceleratorConfig& machine) = 0;
};
using Followers = std::vector<Follower*>;

struct Simulation {
    Graph graph;
    Result result;
    std::vector<KernelChoice> choices;
    std::uint64_t sram_peak_bytes = 0, dram_bytes = 0, evictions = 0;
    double lowering_and_machine_seconds = 0;  // wall time, not for result documents
};

// Runs the experiment once; a process can do this once, because the SystemC kernel is the process's own.
// Checks the invariants of the result. Throws InputError for what the files say, CostError for a missing
// price, std::invalid_argument where the machine is too small for the workload, std::logic_error when an
// invariant does not hold.
// `registers`: see those of the array, with Fidelity::registers (models/accelerator/run.h).
// `histograms`: with those of the codes used, if the experiment has values.
Simulation simulate(const ExperimentConfig& experiment, bool histograms = false,
                    const Followers& followers = {}, const RegisterWatchers& registers = {});
// The same of a graph; `values`: nullptr for time alone.
Simulation simulate(Graph graph, const AcceleratorConfig& machine, const PriceList& prices,
                    const RunDescription& description, ValueRun* values, Fidelity fidelity,
                    const Followers& followers, const RegisterWatchers& registers = {});

// The result of a simulation with the prices of another experiment, whose machine and workload are the same.
// Throws InputError and CostError.
Result with_prices_of(const Simulation& simulation, const ExperimentConfig& experiment);

// The accelerator as the result document shows it.
nlohmann::ordered_json resolved_json(const AcceleratorConfig& machine);

}  // namespace octet
