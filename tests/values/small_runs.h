// Machines, inputs and runs that tests of small graphs share.
#pragma once
#include <algorithm>
#include <string_view>
#include <vector>

#include "models/accelerator/config.h"
#include "models/machine_values.h"
#include "sim/config/calibration.h"
#include "sim/reference/evaluate.h"
#include "sim/run/comparison.h"
#include "sim/workload/graph.h"

namespace octet::test {

// The preset on the default machine, with an ideal DRAM.
AcceleratorConfig machine_of(std::string_view preset);

std::vector<double> normal(std::size_t count, unsigned seed, double deviation = 1);

// What enters the vector unit from products, before anything is encoded, by operation.
struct Entered {
    std::vector<std::vector<float>> values;
    std::vector<TensorScale> scales;  // by tensor
    std::vector<ValueCounts> counts;
};
Entered entered(const Graph& graph, const AcceleratorConfig& machine, const SourceTensors& sources,
                std::uint64_t seed = 0, Fidelity fidelity = Fidelity::pass,
                const CalibrationConfig& calibration = {});

// Collects what the vector unit computes, in the order of the output tensors.
class Collector : public ValueObserver {
  public:
    explicit Collector(const Graph& graph) : graph_(graph) {
        for (const Operation& op : graph.operations)
            results.emplace_back(graph.tensors[op.output].elements());
    }
    void produced(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                  std::span<const float> values) override {
        const ResultPlace place = place_of(graph_, id, part);
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(&values[r * columns], columns, &results[id].at(place.first + r * place.stride));
        seen += rows * columns;
    }
    std::vector<std::vector<float>> results;
    std::uint64_t seen = 0;

  private:
    const Graph& graph_;
};

}  // namespace octet::test
