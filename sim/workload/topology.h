// Topology files of the simulator SCALE-Sim: tables whose rows are matrix products, or convolutions that
// become products by laying out their windows row by row (im2col). docs/workloads.md has both forms.
#pragma once
#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/workload/graph.h"

namespace octet {

// The graph of a table that parse_csv read: a product for each row below the header. Product i reads an input
// NAME.ifmap, of which nothing is read before product i - 1 is in DRAM, and a weight NAME.filter; its output
// NAME goes to DRAM. Sound if nothing was added to the diagnostics; each fault is reported at its cell.
Graph read_topology(const Node& table, Diagnostics& diagnostics);

}  // namespace octet
