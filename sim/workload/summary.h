// What a workload holds, operation by operation: the numbers behind `octet workload show`.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/workload/graph.h"

namespace octet {

struct Amounts {
    std::uint64_t macs = 0;
    std::uint64_t parameters = 0;  // values in weights; a weight counts where it is read first
    std::uint64_t weight_bytes =
        0;  // operation, layer: weights read (of tables, one row a token); whole: all parameters
    std::uint64_t activation_bytes =
        0;  // operation, layer: read and written; whole: every tensor but weights, once
    Amounts& operator+=(const Amounts& more);
    bool operator==(const Amounts&) const = default;
};

struct OperationSummary : Amounts {
    std::size_t operation = 0;  // into Graph::operations
};

// Consecutive operations whose names share what stands before the first dot.
struct LayerSummary : Amounts {
    std::string name;
    std::size_t first = 0,
                count = 0;  // into WorkloadSummary::operations; count 0: weights that no operation reads
};

struct WorkloadSummary : Amounts {
    std::vector<OperationSummary> operations;
    std::vector<LayerSummary> layers;
};

// Values take `bits` bits each; a tensor's bytes are rounded up. MACs and parameters of layers add up to the
// whole's.
WorkloadSummary summarize(const Graph& graph, unsigned bits);

}  // namespace octet
