// The operation graph in double precision: what a machine without rounding would compute.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/tensors/synthetic.h"
#include "sim/workload/graph.h"

namespace octet {

// Called with the output of every operation, in their order; false: stop.
using OnResult = std::function<bool(OperationId, std::span<const double>)>;

// Sums run in a fixed order, whatever the number of threads. `tokens`: ids for embeddings, one look-up and in it
// a sample after the other; not needed without them. Tensors are kept until their last reader is done.
void evaluate(const Graph& graph, const SourceTensors& sources, std::span<const std::uint64_t> tokens,
              unsigned threads, const OnResult& on_result);

}  // namespace octet
