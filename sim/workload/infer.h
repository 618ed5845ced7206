// What the shapes of its operands say about an operation: a trace leaves these numbers out.
#pragma once
#include "sim/workload/graph.h"

namespace octet {

// The batch of an operation whose other members are set, if a trace does not give one.
std::uint64_t inferred_batch(const Graph& graph, const Operation& operation);

// Sets m, n and k of an operation whose other members are set. Operands may be wrong: faults() then says so.
void infer_shape(const Graph& graph, Operation& operation);

}  // namespace octet
