// Logits against what they should have said. Worked out on the host in double precision.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim/run/comparison.h"
#include "sim/run/result.h"
#include "sim/tensors/targets.h"

namespace octet {

// Means over the rows with a target: nll is log(sum of exp(x)) - x of the target, perplexity its exponential,
// accuracy the share of rows whose largest value, the first of equals, is the target's. A row with a NaN
// misses, and leaves no nll.
Scores score(const Targets& targets, std::span<const double> logits);

// Keeps the logits of the machine.
class LogitsKeeper final : public ValueObserver {
  public:
    LogitsKeeper(const Graph& graph, OperationId operation)
        : graph_(graph),
          operation_(operation),
          logits_(graph.tensors[graph.operations[operation].output].elements()) {}
    void produced(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                  std::span<const float> values) override {
        if (id != operation_) return;
        const ResultPlace place = place_of(graph_, id, part);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c)
                logits_[place.first + r * place.stride + c] = double{values[r * columns + c]};
    }
    const std::vector<double>& logits() const { return logits_; }

  private:
    const Graph& graph_;
    OperationId operation_;
    std::vector<double> logits_;
};

}  // namespace octet
