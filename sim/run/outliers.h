// Which columns the outliers of a split product are (sim/workload/split.h).
#pragma once
#include <span>

#include "sim/tensors/synthetic.h"
#include "sim/workload/split.h"

namespace octet {

// Those of the largest magnitudes, in double precision and over all inputs of a split; of equal ones the
// first. Writes the row, the columns that are picked and the weights' rows; the results of the graph stay
// what they are.
void choose_outliers(Graph& graph, std::span<const OutlierSplit> splits, SourceTensors& sources,
                     std::span<const std::uint64_t> tokens, unsigned threads);

}  // namespace octet
