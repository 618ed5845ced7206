// Files of kind `workload` and `trace` to the graph a run executes.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/workload/description.h"

namespace octet {

struct Workload {
    Graph graph;
    nlohmann::json resolved;  // the description with every key, or the name and size of a trace
};

// The graph of a tree of kind `workload` or `trace`, for a phase. A trace is one graph: it takes no notice of
// the phase. Sound if nothing was added to the diagnostics.
Workload read_workload(const Node& root, const Phase& phase, Diagnostics& diagnostics);

// Checks a tree for no particular phase.
void check_workload(const Node& root, Diagnostics& diagnostics);

// One sample of 128 tokens, or of as many as the description has positions.
Phase default_phase(const Node& root);

// A file with all it extends. Throws InputError with every error.
Workload load_workload(const std::string& path, const Phase& phase);

}  // namespace octet
