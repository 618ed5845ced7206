#include "sim/lower/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

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
    const auto rows = [&](TensorId id, std::uint64_t blocks) {
        return blocks > 0 ? graph.tensors[id].rows / (product.batch / product.heads) : 0;
    };
    const auto reading = [&](TensorId id, bool along_rows, std::uint64_t blocks) {
        return Reading{id, along_rows, along_rows ? rows(id, blocks) : columns(id, blocks)};
    };
    return {reading(a, product.transpose_a, product.a_blocks),
            reading(b, !product.transpose_b, product.b_blocks)};
}

// Segments that end where a block ends anyway, or with the matrix, are none.
BlockGrid grid_of(const Reading& r, const Tensor& tensor, std::uint64_t length) {
    const std::uint64_t whole = r.along_rows ? tensor.rows : tensor.cols;
    return {length, r.along_rows, r.segment % length == 0 || r.segment == whole ? 0 : r.segment, 0};
}

// Weights of another format than the forward pass's are decoded as they lie.
bool is_decoded(const Tensor& tensor, const FormatOfUse& formats) {
    return tensor.use == FormatUse::weights && formats.at(static_cast<std::size_t>(tensor.use)) !=
                                                   formats.at(static_cast<std::size_t>(FormatUse::forward));
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
            const bool decoded = is_decoded(tensor, formats);
            if (decoded && decided[r.tensor] != nobody) continue;
            const BlockGrid grid = grid_of(r, tensor, length);
            const std::uint64_t whole = r.along_rows ? tensor.rows : tensor.cols;
            const bool turned =
                graph.operations[id].transpose_a && r.tensor == graph.operations[id].inputs[0];
            if (!format_of(r.tensor)->line_element.empty() && !decoded &&
                (grid.segment != 0 || whole > length || turned))
                return BlockFault{
                    id, fmt::format("does not add up whole lines of tensor '{}', at most {} values each, "
                                    "as {} shares a scale in them",
                                    tensor.name, length, format_of(r.tensor)->name)};
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

// Copies for every grid that products want of a tensor.
class BlockCopies {
  public:
    BlockCopies(Graph& graph, const FormatOfUse& formats) : graph_(graph), parts_(graph.tensors.size()) {
        for (const Operation& o : graph.operations) {
            if (o.kind != OperationKind::matmul) continue;
            for (const Reading& r : readings(graph, o)) {
                const Tensor& tensor = graph.tensors[r.tensor];
                const auto length = static_cast<std::uint64_t>(
                    formats.at(static_cast<std::size_t>(tensor.use))->block_length);
                if (length == 0 || tensor.precise || is_decoded(tensor, formats)) continue;
                parts_[r.tensor].length = length;
                place_of(parts_[r.tensor], grid_of(r, tensor, length));
            }
        }
    }

    void run() {
        std::vector<Operation> operations = std::exchange(graph_.operations, {});
        for (Operation& o : operations) {
            if (o.kind == OperationKind::matmul) {
                std::size_t operand = 0;
                for (const Reading& r : readings(graph_, o)) o.inputs[operand++] = copy_for(r);
            }
            graph_.operations.push_back(std::move(o));
            made(graph_.operations.size() - 1);
        }
    }

  private:
    struct Part {
        std::uint64_t length = 0;      // of its blocks; 0: it has none
        std::vector<BlockGrid> grids;  // that products want
        std::vector<TensorId> copies;  // in them, so far
        TensorId source = no_tensor;   // what they are made of
    };

    static std::size_t place_of(Part& part, const BlockGrid& grid) {
        const auto found = std::ranges::find(part.grids, grid);
        if (found != part.grids.end()) return static_cast<std::size_t>(found - part.grids.begin());
        part.grids.push_back(grid);
        part.copies.push_back(no_tensor);
        return part.grids.size() - 1;
    }
    bool is_split(TensorId id) const { return id < parts_.size() && parts_[id].grids.size() > 1; }

    // What a product reads in place of a tensor.
    TensorId copy_for(const Reading& r) {
        if (!is_split(r.tensor)) return r.tensor;
        Part& part = parts_[r.tensor];
        if (part.source == no_tensor) {  // an input or a weight
            part.source = r.tensor;
            graph_.tensors[r.tensor].precise = true;
        }
        return copy(r.tensor, place_of(part, grid_of(r, graph_.tensors[r.tensor], part.length)));
    }

    TensorId copy(TensorId id, std::size_t place) {
        Part& part = parts_[id];
        if (part.copies[place] != no_tensor) return part.copies[place];
        Tensor tensor = graph_.tensors[id];
        tensor.name += fmt::format(".blocks{}", place);
        tensor.role = TensorRole::activation;
        tensor.fill = TensorFill::given;
        tensor.precise = false;
        if (tensor.use == FormatUse::weights) tensor.use = FormatUse::forward;
        Operation o{.name = tensor.name, .kind = OperationKind::copy, .inputs = {part.source}};
        o.output = part.copies[place] = static_cast<TensorId>(graph_.tensors.size());
        o.batch = tensor.batch, o.m = tensor.rows, o.n = tensor.cols;
        graph_.tensors.push_back(std::move(tensor));
        graph_.operations.push_back(std::move(o));
        return part.copies[place];
    }

    // A copy of something wide is the first one itself; of all else every copy is made at once.
    void made(std::size_t operation) {
        const Operation& o = graph_.operations[operation];
        if (!is_split(o.output)) return;
        Part& part = parts_[o.output];
        if (o.kind == OperationKind::copy && graph_.tensors[o.inputs[0]].precise &&
            graph_.tensors[o.inputs[0]].elements() == graph_.tensors[o.output].elements()) {
            part.source = o.inputs[0];
            part.copies[0] = o.output;
            return;
        }
        const TensorId id = part.source = o.output;
        graph_.tensors[id].precise = true;
        for (std::size_t place = 0; place < part.grids.size(); ++place) copy(id, place);
    }

    Graph& graph_;
    std::vector<Part> parts_;  // of the tensors that were there
};

}  // namespace

void add_block_copies(Graph& graph, const FormatOfUse& formats) {
    BlockCopies(graph, formats).run();
}

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
