// The passes that every operation of the vector unit takes: the table of docs/hardware/vector.md as code.
#pragma once
#include <array>

#include "models/accelerator/command.h"
#include "models/vector/config.h"
#include "sim/workload/graph.h"

namespace octet {

// Operand slots of a VectorCommand: inputs from 0 on, then temporaries (2, and 3 where there are two).
// `in_place`: a norm may overwrite its input with the normalised values instead of a temporary. `fused`: what
// joins its pass (operations of a single pass alone have any).
VectorProgram vector_program(OperationId id, const Graph& graph, bool in_place,
                             const std::vector<OperationId>& fused = {});

// A rope turns the two halves of each head one after another (docs/hardware/vector.md). `products`: one half
// of x times the sines, left in vector format; `halves`: the other half times the cosines, minus (the first)
// or plus (the second) operand 2, which that is.
struct RopePrograms {
    VectorProgram products;
    std::array<VectorProgram, 2> halves;
};
RopePrograms rope_programs(OperationId id, bool inverse = false);

// Of pieces of an operation's results: rows of zeros; rows as they are; sums of two operands, `partial`: left
// in vector format for the next of them.
VectorProgram zero_program(OperationId id);
VectorProgram copy_program(OperationId id);
VectorProgram sum_program(OperationId id, bool partial);

// Encodes what a kernel has left in vector format as the results of operation `result`.
VectorProgram encoder_program(OperationId charged, OperationId result);

// One pass: products with so many scales of the sums, bias of the product, then the fused operations in
// order.
VectorProgram epilogue_program(OperationId product, const Graph& graph, const std::vector<OperationId>& fused,
                               int factors);

// The same program on a machine that computes GELU or LayerNorm in integers (docs/hardware/vector.md).
VectorProgram with_function_units(VectorProgram program, const Graph& graph, const VectorConfig& config);

// Slots that hold temporaries in vector format.
std::vector<std::size_t> temporaries(const Operation& operation);

}  // namespace octet
