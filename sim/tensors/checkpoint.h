// The weights of a graph from a store, under the graph's names or those of a family of checkpoints.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "sim/tensors/checkpoint_names.h"
#include "sim/tensors/tensor_store.h"
#include "sim/workload/graph.h"

namespace octet {

struct LoadedWeights {
    std::map<TensorId, std::vector<double>> numbers;
    std::vector<std::string> unused;  // names in the store that the graph does not ask for
};

// The naming is the one under which most weights are found. Every weight that an operation reads has to be
// there in its shape; nothing else may be, except what a family lets lie, and files in a folder of arrays.
// Throws InputError that names what is missing, unused or of another shape under both names.
LoadedWeights load_weights(const Graph& graph, TensorStore& store);

// The numbers of a stored tensor as those of a graph's. Sides of 1 in front do not count. Throws InputError.
std::vector<double> read_tensor(const TensorStore::Found& found, const Candidate& as, const Tensor& tensor);

}  // namespace octet
