// Which operations run together: the fusion levels, as a list of kernels.
//
// A kernel is one matrix product with the elementwise operations fused into its epilogue, or one operation of
// the vector unit; an addition takes a NoNorm that follows into its pass, the gradient of a softmax the
// scaling of scores. The levels are cumulative: `scaling` fuses the scaling of attention scores into their
// product, `activation` adds activation functions, masks and the unquantized inputs of softmax and rope,
// `layernorm` NoNorm and the unquantized input of norms, `residual` the addition of the residual stream, with
// inputs that are not quantized; without a port for the residual (vector.residual_port) additions stay
// kernels of their own. What is not fused is encoded to storage format in between.
#pragma once
#include <vector>

#include "models/accelerator/config.h"
#include "models/formats/block_grid.h"
#include "sim/workload/graph.h"

namespace octet {

struct Kernel {
    OperationId operation = 0;       // the product, or the operation of the vector unit
    OperationId charged = 0;         // under which its work is counted: the same, if it is no encoder's
    std::vector<OperationId> fused;  // elementwise operations in its epilogue or pass, in order
    TensorId output = no_tensor;     // of the last of them, or what an encoder makes that from
    bool encoded_later = false;      // by an encoder, the next kernel
    std::size_t group = 0;           // kernels of a group run matrix after matrix of a batch
};

// Gives kernels that pass matrix after matrix of a batch to each other one group.
void number_groups(const Graph& graph, std::vector<Kernel>& kernels);

// True if input `index` of the operation is one value a column for all rows: a bias, a scale or shift, a
// mask of one row, a table of token types (its row 0), a row that all are multiplied by.
bool is_parameter(const Graph& graph, const Operation& operation, std::size_t index);

// Whether the epilogue of a product can do an operation of this kind, so that it needs no pass of its own.
bool joins_epilogue(OperationKind kind, FusionLevel level, bool residual_port);

struct FusedGraph {
    std::vector<Kernel> kernels;
    std::vector<bool> wide;         // by tensor: kept in vector format, not encoded to storage format
    std::vector<OperationId> host;  // by operation of the workload: the kernel's operation that runs it
};

// Gradients of weights, and what is precise, lie in the vector format if `formats` gives them no other; what
// is precise and made on the way (sums) always.
FusedGraph fuse(const Graph& graph, FusionLevel level, bool residual_port = true,
                const TensorFormats& formats = {});

// Encoders for what cannot be encoded to blocks as it is computed (docs/hardware/codec.md): a kernel then
// writes its results to a tensor in vector format, and a kernel of its own, a copy, encodes that. Both are
// added to the graph behind what is there, with the grid of the tensor that is made. `columns`: of a tile of
// results; 0: results leave the array column by column.
FusedGraph with_encoders(Graph& graph, FusedGraph fused, std::vector<BlockGrid>& grids,
                         std::uint64_t columns);

}  // namespace octet
