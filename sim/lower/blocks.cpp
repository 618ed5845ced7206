#include "sim/lower/blocks.h"

#include <fmt/format.h>

#include <stdexcept>

namespace octet {
namespace {

struct Reading {
    TensorId tensor;
    bool along_rows;
    std::uint64_t segment;
};

std::vector<Reading> readings(const Graph& graph, const Operation& product) {
    const TensorId a = product.inputs[0], b = product.inputs[1];
    const auto columns = [&](TensorId id, std::uint64_t blocks) {
        return blocks > 0 ? graph.tensors[id].cols / blocks : 0;
    };
    const bool by_columns = product.transpose_b;
    return {{a, false, columns(a, product.a_blocks)},
            {b, !by_columns,
             by_columns             ? columns(b, product.b_blocks)
             : product.b_blocks > 0 ? graph.tensors[b].rows / (product.batch / product.heads)
                                    : 0}};
}

// The grids by tensor, and what is wrong first.
std::optional<BlockFault> find_grids(const Graph& graph, const FormatOfUse& formats,
                                     std::vector<BlockGrid>& grids) {
    const auto format_of = [&](TensorId id) {
        return formats.at(static_cast<std::size_t>(graph.tensors[id].use));
    };
    grids.clear();
    bool any = false;
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        grids.push_back({static_cast<std::uint64_t>(format_of(id)->block_length), false, 0, 0});
        any = any || grids.back().length > 0;
    }
    if (!any) return std::nullopt;
    const FormatInfo* forward = formats.at(static_cast<std::size_t>(FormatUse::forward));
    constexpr OperationId nobody = ~OperationId{0};
    std::vector<OperationId> decided(graph.tensors.size(), nobody);
    for (OperationId id = 0; id < graph.operations.size(); ++id) {
        if (graph.operations[id].kind != OperationKind::matmul) continue;
        const FormatInfo &first = *format_of(graph.operations[id].inputs[0]),
                         &second = *format_of(graph.operations[id].inputs[1]);
        if (first.line_element.empty() != second.line_element.empty())
            return BlockFault{id,
                              fmt::format("multiplies {} by {}: both operands have scales of lines, or none",
                                          first.name, second.name)};
        for (const Reading& r : readings(graph, graph.operations[id])) {
            const Tensor& tensor = graph.tensors[r.tensor];
            const std::uint64_t length = grids[r.tensor].length;
            if (length == 0) continue;
            const bool decoded = tensor.use == FormatUse::weights && format_of(r.tensor) != forward;
            if (decoded && decided[r.tensor] != nobody) continue;
            const std::uint64_t whole = r.along_rows ? tensor.rows : tensor.cols;
            // Segments that end where a block ends anyway, or with the matrix, are none.
            const std::uint64_t segment = r.segment % length == 0 || r.segment == whole ? 0 : r.segment;
            const bool turned =
                graph.operations[id].transpose_a && r.tensor == graph.operations[id].inputs[0];
            if (!format_of(r.tensor)->line_element.empty() && !decoded &&
                (segment != 0 || whole > length || turned))
                return BlockFault{
                    id, fmt::format("does not add up whole lines of tensor '{}', at most {} values each, "
                                    "as {} shares a scale in them",
                                    tensor.name, length, format_of(r.tensor)->name)};
            const BlockGrid grid{length, r.along_rows, segment, 0};
            if (decided[r.tensor] != nobody && !(grids[r.tensor] == grid))
                return BlockFault{
                    id, fmt::format("takes tensor '{}' in other blocks than operation '{}' does, and {} can "
                                    "store it in one way only; put a copy between them",
                                    tensor.name, graph.operations[decided[r.tensor]].name,
                                    format_of(r.tensor)->name)};
            decided[r.tensor] = id;
            grids[r.tensor] = grid;
        }
    }
    return std::nullopt;
}

}  // namespace

FormatOfUse formats_by_use(const std::string& storage, const TensorFormats& formats) {
    const std::vector<std::string> names = stored_formats(storage, formats);
    const auto slots = format_slots(storage, formats);
    FormatOfUse list{};
    for (std::size_t use = 0; use < format_use_count; ++use)
        list.at(use) = find_format(names.at(slots.at(use)));
    return list;
}

std::vector<BlockGrid> block_grids(const Graph& graph, const FormatOfUse& formats) {
    std::vector<BlockGrid> grids;
    if (const auto fault = find_grids(graph, formats, grids))
        throw std::invalid_argument(
            fmt::format("operation '{}' {}", graph.operations[fault->operation].name, fault->message));
    return grids;
}

std::optional<BlockFault> block_fault(const Graph& graph, const FormatOfUse& formats) {
    std::vector<BlockGrid> grids;
    return find_grids(graph, formats, grids);
}

bool holds_whole_blocks(const Operation& operation, const Tensor& output, const BlockGrid& grid,
                        std::uint64_t columns) {
    if (grid.along_rows) return false;
    const std::uint64_t views = std::max<std::uint64_t>(operation.out_blocks, 1);
    for (std::uint64_t view = 0; view < views; ++view)
        for (std::uint64_t column = 0; column < operation.n; column += columns)
            if (!grid.begins_at(view * operation.n + column)) return false;
    return views * operation.n == output.cols;
}

}  // namespace octet
