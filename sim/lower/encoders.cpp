// Kernels that encode results to blocks which no vector of them holds whole.
#include <utility>

#include "sim/lower/blocks.h"
#include "sim/lower/kernels.h"

namespace octet {
namespace {

// The vector unit works row by row, so that blocks along columns come whole to its encoders; a rope, half a
// head at a time.
bool needs_encoder(const Graph& graph, const Kernel& kernel, const std::vector<bool>& wide,
                   const BlockGrid& grid, std::uint64_t columns) {
    const Operation& first = graph.operations[kernel.operation];
    // A copy of all of something wide is an encoder itself.
    if (first.kind == OperationKind::copy && wide[first.inputs[0]] &&
        graph.tensors[first.inputs[0]].elements() == first.elements())
        return false;
    if (!first.in_blocks()) return grid.along_rows;
    if (first.kind == OperationKind::rope) columns = first.n / 2;
    return columns == 0 || !holds_whole_blocks(first, graph.tensors[kernel.output], grid, columns);
}

}  // namespace

FusedGraph with_encoders(Graph& graph, FusedGraph fused, std::vector<BlockGrid>& grids,
                         std::uint64_t columns) {
    std::vector<Kernel> kernels;
    for (Kernel& kernel : fused.kernels) {
        const TensorId encoded = kernel.output;
        const BlockGrid grid = grids[encoded];
        const bool later = grid.length > 0 && !fused.wide[encoded] &&
                           needs_encoder(graph, kernel, fused.wide, grid, columns);
        if (later) {
            Tensor wide = graph.tensors[encoded];
            wide.name += ".unencoded";
            wide.role = TensorRole::activation;
            kernel.output = static_cast<TensorId>(graph.tensors.size());
            kernel.encoded_later = true;
            graph.tensors.push_back(wide);
            fused.wide.push_back(true);
            grids.push_back(grid);
        }
        kernels.push_back(std::move(kernel));
        if (!later) continue;
        const Kernel& before = kernels.back();
        const Tensor& tensor = graph.tensors[encoded];
        Operation copy;
        copy.name = graph.operations[before.operation].name + ".encode";
        copy.kind = OperationKind::copy;
        copy.inputs = {before.output};
        copy.output = encoded;
        copy.batch = tensor.batch, copy.m = tensor.rows, copy.n = tensor.cols;
        Kernel encoder;
        encoder.operation = static_cast<OperationId>(graph.operations.size());
        encoder.charged = before.charged;
        encoder.output = encoded;
        graph.operations.push_back(std::move(copy));
        kernels.push_back(std::move(encoder));
    }
    fused.kernels = std::move(kernels);
    number_groups(graph, fused.kernels);
    return fused;
}

}  // namespace octet
