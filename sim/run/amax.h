// The largest magnitudes of gradients that have scales: what the next steps' scales are made of.
#pragma once
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "models/machine_values.h"
#include "sim/run/result.h"
#include "sim/workload/graph.h"

namespace octet {

class AmaxTracker final : public ValueObserver {
  public:
    explicit AmaxTracker(const Graph& graph) : graph_(graph), largest_(graph.tensors.size(), -1) {}
    void produced(OperationId, const ResultPart&, std::size_t, std::size_t, std::span<const float>) override {
    }
    // Before they are scaled. What is no number does not count.
    void unencoded(OperationId id, const ResultPart&, std::size_t, std::size_t,
                   std::span<const float> values) override {
        const TensorId tensor = graph_.operations[id].output;
        if (!graph_.tensors[tensor].scaled) return;
        float& largest = largest_[tensor];
        largest = std::max(largest, 0.0F);
        for (const float x : values)
            if (std::isfinite(x)) largest = std::max(largest, std::fabs(x));
    }
    // Of tensors that were seen, in the graph's order, with the scales that this step used.
    std::vector<GradientScale> scales(std::span<const TensorScale> used) const {
        std::vector<GradientScale> list;
        for (TensorId id = 0; id < largest_.size(); ++id)
            if (largest_[id] >= 0)
                list.push_back({graph_.tensors[id].name, double{largest_[id]},
                                id < used.size() ? double{used[id].scale} : 1});
        return list;
    }

  private:
    const Graph& graph_;
    std::vector<float> largest_;  // by tensor; -1: not seen
};

}  // namespace octet
