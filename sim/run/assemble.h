// From what the machine counted to the result: energies, areas, bounds, metrics.
#pragma once
#include <optional>

#include "models/accelerator/config.h"
#include "models/accelerator/report.h"
#include "sim/cost/prices.h"
#include "sim/run/result.h"
#include "sim/workload/graph.h"

namespace octet {

// What the result says about its inputs, and what only the phase knows.
struct RunDescription {
    nlohmann::ordered_json accelerator, workload, phase;
    std::uint64_t seed = 0;
    std::optional<std::uint64_t>
        tokens;                         // that the run processed: batch x sequence, or batch x decoded tokens
    std::optional<double> model_flops;  // that the model asks for; default 2 x MACs of the graph
};

// `report` has one entry an operation of the graph. Throws CostError if something was counted that has no
// price.
Result assemble(const RunDescription& run, const AcceleratorConfig& machine, const Graph& graph,
                const MachineReport& report, const PriceList& prices);

}  // namespace octet
