// Keeps what an operation's results were before they were encoded, and when each was written.
#pragma once
#include <algorithm>
#include <vector>

#include "sim/run/comparison.h"

namespace octet {

class Recorder final : public ValueObserver {
  public:
    Recorder(const Graph& graph, OperationId operation)
        : graph_(graph),
          operation_(operation),
          numbers_(graph.tensors[graph.operations[operation].output].elements()),
          cycles_(numbers_.size()) {}

    void produced(OperationId, const ResultPart&, std::size_t, std::size_t, std::span<const float>) override {
    }
    void unencoded(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                   std::span<const float> values) override {
        if (id != operation_) return;
        const ResultPlace place = place_of(graph_, id, part);
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(r * columns), columns,
                        numbers_.begin() + static_cast<std::ptrdiff_t>(place.first + r * place.stride));
    }
    bool wants_cycles() const override { return true; }
    void written(OperationId id, const ResultPart& part, std::size_t columns, Cycle at) override {
        if (id != operation_) return;
        std::fill_n(cycles_.begin() + static_cast<std::ptrdiff_t>(place_of(graph_, id, part).first), columns,
                    at);
    }

    const std::vector<float>& numbers() const { return numbers_; }
    const std::vector<Cycle>& cycles() const { return cycles_; }

  private:
    const Graph& graph_;
    OperationId operation_;
    std::vector<float> numbers_;
    std::vector<Cycle> cycles_;
};

}  // namespace octet
