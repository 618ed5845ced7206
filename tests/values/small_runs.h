// Machines, inputs and runs that tests of small graphs share.
#pragma once
#include <vector>

#include "models/accelerator/config.h"
#include "models/machine_values.h"
#include "sim/reference/evaluate.h"
#include "sim/workload/graph.h"

namespace octet::test {

// The preset on the default machine, with an ideal DRAM.
AcceleratorConfig machine_of(const char* preset);

std::vector<double> normal(std::size_t count, unsigned seed, double deviation = 1);

// What enters the vector unit from products, before anything is encoded, by operation.
struct Entered {
    std::vector<std::vector<float>> values;
    std::vector<float> scales;  // by tensor
    std::vector<ValueCounts> counts;
};
Entered entered(const Graph& graph, const AcceleratorConfig& machine, const SourceTensors& sources,
                std::uint64_t seed = 0, Fidelity fidelity = Fidelity::pass);

}  // namespace octet::test
