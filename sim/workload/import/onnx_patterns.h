// Activation functions and norms that an exporter wrote as chains of small nodes, found and written as one.
#pragma once
#include "sim/workload/import/onnx_model.h"

namespace octet {

// Chains become one node of kind Gelu (attribute `approximate`: none, tanh or sigmoid), Silu,
// LayerNormalization or RMSNormalization in the place of their last node. A chain of which something else is
// read stays.
void join_patterns(OnnxModel& model);

}  // namespace octet
