// In which blocks the tensors of a graph lie if the storage format has scales for blocks.
//
// A product takes its operands in blocks along the reduction: of a along the columns, of b along the rows;
// the other way round if they are transposed. They begin anew at every head and, along the rows, at every
// sample. All other tensors have blocks along the columns. Weights in a format of their own
// (FormatUse::weights) have the blocks that the first product asks for: others decode them as they lie.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "models/accelerator/tensor_formats.h"
#include "models/formats/block_grid.h"
#include "models/formats/registry.h"
#include "sim/workload/graph.h"

namespace octet {

// The format of each use on a machine.
using FormatOfUse = std::array<const FormatInfo*, format_use_count>;
FormatOfUse formats_by_use(const std::string& storage, const TensorFormats& formats);

// By tensor; of length 0 if its format has no such scales. Throws std::invalid_argument with the fault below.
std::vector<BlockGrid> block_grids(const Graph& graph, const FormatOfUse& formats);

// Why a tensor cannot be stored so that all products that read it can: two of them want different blocks.
struct BlockFault {
    OperationId operation = 0;  // the later one
    std::string message;
};
std::optional<BlockFault> block_fault(const Graph& graph, const FormatOfUse& formats);

// For every tensor that products want in different blocks a copy, NAME.blocks0 and so on, in each: they are
// made of what the tensor is before it is encoded, which lies in the vector format (`precise`) from then on.
// Copies of what is made by an operation follow it, those of inputs and weights come before their first
// reader.
void add_block_copies(Graph& graph, const FormatOfUse& formats);

// Whether every tile column of `columns` columns of the results of a product or a rope holds whole blocks of
// its output, so that they can be encoded as they leave.
bool holds_whole_blocks(const Operation& operation, const Tensor& output, const BlockGrid& grid,
                        std::uint64_t columns);

}  // namespace octet
