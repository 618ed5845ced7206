// docs/values.md as plain loops over whole tensors: no tiling, no commands, no SystemC.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "models/accelerator/config.h"
#include "models/formats/format.h"
#include "sim/workload/graph.h"

namespace octet::test {

using Numbers = std::vector<std::vector<double>>;  // by tensor, in the order batch, row, column

struct PlainInputs {
    Numbers sources;
    std::vector<std::uint64_t> tokens;
    std::vector<TensorScale> scales;  // of integer codes, by tensor; empty: 1
    std::uint64_t seed = 0;           // of stochastic rounding
};

// The results of every operation, by operation, in the order of its output tensor: what a later operation
// sees.
std::vector<std::vector<float>> plain_results(const Graph& graph, const AcceleratorConfig& machine,
                                              const PlainInputs& inputs);

}  // namespace octet::test
