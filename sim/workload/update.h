// What an optimizer makes of a weight, its gradient and its own states (docs/training.md).
#pragma once
#include "sim/config/phase.h"
#include "sim/workload/builder.h"

namespace octet {

// Adds the operations that update a trained weight; the new weight and the new states are outputs. States
// are inputs of zeros: the step is the first one.
void update(GraphBuilder& graph, const PhaseConfig& phase, TensorId weight, TensorId gradient);

}  // namespace octet
