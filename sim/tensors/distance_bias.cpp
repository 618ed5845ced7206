#include "sim/tensors/distance_bias.h"

#include <algorithm>

#include "models/arithmetic/distances.h"

namespace octet {

void fill_distance_biases(const Graph& graph, SourceTensors& tensors) {
    for (const Operation& o : graph.operations) {
        if (o.table == no_tensor) continue;
        const std::uint64_t buckets = graph.tensors[o.table].cols;
        const DistanceBuckets bucket_of(std::max(o.first + o.m, o.n), static_cast<std::uint32_t>(buckets),
                                        o.causal.has_value());
        const std::vector<double>& table = tensors[o.table];
        std::vector<double>& bias = tensors[o.inputs[1]];
        bias.clear();
        for (std::uint64_t matrix = 0; matrix < o.batch; ++matrix)
            for (std::uint64_t query = o.first; query < o.first + o.m; ++query)
                for (std::uint64_t key = 0; key < o.n; ++key)
                    bias.push_back(table[matrix % o.heads * buckets + bucket_of(query, key)]);
    }
}

}  // namespace octet
