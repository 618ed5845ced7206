// Gradient clipping by the norm of all gradients together (docs/training.md).
#pragma once
#include <vector>

#include "sim/workload/builder.h"

namespace octet {

// Adds what scales gradients by limit / max(limit, root of the sum of all their squares): two passes over
// each. Operations are named after `weights`, one a gradient. Returns the gradients to go on with.
std::vector<TensorId> clip(GraphBuilder& graph, const std::vector<TensorId>& weights,
                           const std::vector<TensorId>& gradients, double limit);

}  // namespace octet
