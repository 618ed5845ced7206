// Files of kind `workload` and `trace` to the graph a run executes.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/workload/description.h"
#include "sim/workload/split.h"

namespace octet {

struct Workload {
    Graph graph;
    nlohmann::json resolved;             // the description with every key, or the name and size of a trace
    std::vector<OutlierSplit> splits{};  // of phase.outliers
};

// The graph of a tree of kind `workload` or `trace` (or of a table), for a phase. A trace is one graph: of
// the phase it takes notice of `outliers` alone. Sound if nothing was added to the diagnostics.
Workload read_workload(const Node& root, const PhaseConfig& phase, Diagnostics& diagnostics);

// Checks a tree for no particular phase, or for one (phases that this version does not expand are not looked
// at).
void check_workload(const Node& root, Diagnostics& diagnostics);
void check_workload(const Node& root, const PhaseConfig& phase, Diagnostics& diagnostics);

// One sample of 128 tokens, or of as many as the description has positions.
PhaseConfig default_phase(const Node& root);

// A file with all it extends. Throws InputError with every error.
Workload load_workload(const std::string& path, const PhaseConfig& phase);

}  // namespace octet
