// Kind `trace`: a graph as explicit lists of tensors and operations. docs/workloads.md has the form.
#pragma once
#include <string>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/workload/graph.h"

namespace octet {

// The graph of a trace file's tree. Sound if nothing was added to the diagnostics; each fault is reported
// where its tensor or operation was written.
Graph read_trace(const Node& root, Diagnostics& diagnostics);

// A text that read_trace() turns into the identical graph. The graph must be valid.
std::string write_trace(const Graph& graph);

}  // namespace octet
