#include "sim/lower/placement.h"

#include <algorithm>
#include <numeric>

namespace octet {
namespace {

// Where tiles of a tensor begin.
struct TileColumns {
    std::uint64_t unit = 0;  // at multiples of so many columns
    bool panels = true;      // that is the width of all of them
    void add(std::uint64_t width) {
        panels = panels && (unit == 0 || unit == width);
        unit = std::gcd(unit, width);  // of 0 and w: w
    }
    // The tensor holds `blocks` matrices side by side.
    void narrow(std::uint64_t columns, std::uint64_t blocks) {
        if (blocks == 0) return;
        panels = panels && columns / blocks % unit == 0;
        unit = std::gcd(unit, columns / blocks);
    }
};

// A rope works on one half of a head at a time.
std::uint64_t halves(std::uint64_t blocks) {
    return 2 * std::max<std::uint64_t>(blocks, 1);
}

// What decides the layout of a tensor.
struct Use {
    TileColumns tiles;
    bool parameter = false;
    bool by_row = false;    // look-up tables and parameters
    bool turned = false;    // a static weight that is laid out transposed
    bool straight = false;  // and one that products take as it is
};

std::vector<Use> uses_of(const Graph& graph, const FusedGraph& fused, const MachineShape& machine) {
    std::vector<Use> uses(graph.tensors.size());
    // The array reads slabs, and tiles of a transposed operand, R columns wide; an epilogue writes and adds C
    // columns, and so wide are tiles of an operand that are read as they lie.
    std::vector<bool> read_by_product(graph.tensors.size());
    for (const Operation& operation : graph.operations) {
        if (operation.kind != OperationKind::matmul) continue;
        read_by_product[operation.inputs[0]] = read_by_product[operation.inputs[1]] = true;
        uses[operation.inputs[0]].tiles.add(operation.transpose_a && !machine.sums_stay() ? machine.cols
                                                                                          : machine.rows);
        uses[operation.inputs[1]].tiles.add(operation.transpose_b ? machine.rows : machine.cols);
        uses[operation.output].tiles.add(machine.cols);
    }
    for (const Kernel& kernel : fused.kernels) {
        if (graph.operations[kernel.operation].kind != OperationKind::matmul) continue;
        uses[kernel.output].tiles.add(machine.cols);
        for (OperationId f : kernel.fused)
            if (graph.operations[f].kind == OperationKind::add)
                for (TensorId input : graph.operations[f].inputs) uses[input].tiles.add(machine.cols);
    }
    for (Use& use : uses)
        if (use.tiles.unit == 0) use.tiles.add(machine.cols);
    const auto narrow = [&](TensorId tensor, std::uint64_t blocks) {
        uses[tensor].tiles.narrow(graph.tensors[tensor].cols, blocks);
    };
    for (const Operation& operation : graph.operations) {
        for (std::size_t i = 0; i < operation.inputs.size(); ++i)
            if (operation.kind == OperationKind::embedding || operation.kind == OperationKind::windows ||
                is_parameter(graph, operation, i)) {
                const TensorId id = operation.inputs[i];
                uses[id].by_row = true;
                uses[id].parameter = true;
                // An epilogue takes a parameter tile by tile; a product may read a table too.
                const bool side_by_side = operation.trigram || operation.kind == OperationKind::windows;
                const std::uint64_t tile = is_parameter(graph, operation, i) ? machine.cols
                                           : side_by_side                    ? 1
                                                                             : graph.tensors[id].cols;
                uses[id].tiles.unit = read_by_product[id] ? std::gcd(uses[id].tiles.unit, tile) : tile;
            }
        if (operation.kind == OperationKind::rope) {
            uses[operation.inputs[1]].by_row = true;
            narrow(operation.inputs[1], 2);
            narrow(operation.inputs[0], halves(operation.a_blocks));
            narrow(operation.output, halves(operation.out_blocks));
        }
        if (reduces(operation.kind)) {  // written value by value
            uses[operation.output].by_row = true;
            uses[operation.output].tiles.unit = 1;
        }
        if (operation.kind == OperationKind::table_gradient &&
            (operation.trigram || operation.function == OperationKind::windows))
            narrow(operation.inputs[0], 3);
        if (operation.kind != OperationKind::matmul) continue;
        narrow(operation.inputs[0], operation.a_blocks);
        narrow(operation.inputs[1], operation.b_blocks);
        narrow(operation.output, operation.out_blocks);
        // As the array reads it: tiles of K x N, or where inputs stay slabs of N x K.
        if (graph.tensors[operation.inputs[1]].role != TensorRole::weight) continue;
        (operation.transpose_b != machine.inputs_stay() ? uses[operation.inputs[1]].turned
                                                        : uses[operation.inputs[1]].straight) = true;
    }
    // What an epilogue writes or adds is taken in the blocks of its product.
    for (const Kernel& kernel : fused.kernels) {
        const Operation& product = graph.operations[kernel.operation];
        if (product.kind == OperationKind::matmul) narrow(kernel.output, product.out_blocks);
        if (product.kind == OperationKind::rope) narrow(kernel.output, halves(product.out_blocks));
    }
    return uses;
}

// Passes of the vector unit go through panels one after another: blocks along columns have to lie in one
// each.
bool panels_hold_blocks(const BlockGrid& grid, std::uint64_t panel, std::uint64_t columns) {
    if (grid.length == 0 || grid.along_rows) return true;
    for (std::uint64_t column = 0; column < columns; column += panel)
        if (!grid.begins_at(column)) return false;
    return true;
}

Layout layout_of(const Tensor& tensor, const Use& use, const FormatInfo& format, BlockGrid grid,
                 const MachineShape& machine) {
    // A weight that some products take turned and others as it is lies as an activation does.
    const bool weight = tensor.role == TensorRole::weight && !use.by_row && use.turned != use.straight;
    const bool turned = use.turned && weight;
    const std::uint64_t rows = turned ? tensor.cols : tensor.rows, cols = turned ? tensor.rows : tensor.cols;
    const std::uint64_t weight_panel = machine.inputs_stay() ? machine.rows : machine.cols;
    const std::uint64_t panel = weight ? weight_panel : use.tiles.unit;
    if (turned) grid.along_rows = !grid.along_rows;
    const bool panels = weight || (!use.by_row && use.tiles.panels && panels_hold_blocks(grid, panel, cols));
    const Layout layout = panels ? Layout::panels(rows, cols, panel, format)
                                 : Layout::row_major(rows, cols, use.tiles.unit, format);
    if (grid.length == 0) return layout;
    // Scales as fills read them: of a slab a column of them, of a column of tiles a panel.
    if (use.by_row) return layout.with_scales(grid, 0);
    return layout.with_scales(grid, !grid.along_rows ? 1 : weight ? weight_panel : 0);
}

}  // namespace

Placement::Placement(const Graph& graph, const FusedGraph& fused, const std::vector<BlockGrid>& grids,
                     const MachineShape& machine, std::uint64_t dram_alignment)
    : readers_(graph.tensors.size()), sram_(machine.sram_bytes, machine.sram_word), dram_(dram_alignment) {
    const std::vector<Use> uses = uses_of(graph, fused, machine);
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        first_.push_back(matrices_.size());
        Matrix matrix;
        matrix.tensor = id;
        matrix.format = machine.slots.at(static_cast<std::size_t>(tensor.use));
        matrix.layout =
            layout_of(tensor, uses[id], fused.wide[id] ? *machine.vector : *machine.formats.at(matrix.format),
                      fused.wide[id] ? BlockGrid{} : grids[id], machine);
        matrix.transposed = uses[id].turned && !uses[id].straight && !uses[id].by_row;
        matrix.parameter = uses[id].parameter;
        matrix.host = tensor.paged;
        matrix.in_dram = tensor.role == TensorRole::weight || tensor.role == TensorRole::input;
        matrices_.insert(matrices_.end(), tensor.batch, matrix);
    }
    count_readers(graph, fused);
    for (Matrix& matrix : matrices_)
        if (matrix.in_dram) give_dram_address(matrix);
    for (const Operation& operation : graph.operations)
        if (operation.trigram || operation.kind == OperationKind::windows) {
            const Layout& table = matrix(operation.inputs[0], 0).layout;
            if (const auto [zeros, added] = zeros_.try_emplace(operation.inputs[0]); added)
                zeros->second = dram_.allocate(table.part({0, 1}, {0, table.cols()}).bytes());
        }
}

void Placement::count_readers(const Graph& graph, const FusedGraph& fused) {
    for (std::size_t k = 0; k < fused.kernels.size(); ++k) {
        const auto reads = [&](OperationId id) {
            const Operation& operation = graph.operations[id];
            for (TensorId input : operation.inputs) {
                if (id != fused.kernels[k].operation &&
                    std::any_of(
                        fused.kernels[k].fused.begin(), fused.kernels[k].fused.end(),
                        [&](OperationId f) { return f != id && graph.operations[f].output == input; }))
                    continue;  // stays inside the epilogue
                if (id != fused.kernels[k].operation &&
                    input == graph.operations[fused.kernels[k].operation].output)
                    continue;
                const Tensor& tensor = graph.tensors[input];
                readers_[input].push_back(k);
                // Items of a batch read one matrix each, or share one.
                const std::uint64_t items = graph.operations[fused.kernels[k].operation].batch;
                const Member of = operation.of;
                for (std::uint64_t i = 0; i < items; ++i) {
                    const std::uint64_t item = i * of.share + of.member;
                    const std::uint64_t matrix =
                        tensor.batch == 1 ? 0 : item * tensor.batch / (items * of.share);
                    ++matrices_[first_[input] + matrix].uses_left;
                }
            }
        };
        reads(fused.kernels[k].operation);
        for (OperationId id : fused.kernels[k].fused) reads(id);
    }
}

void Placement::give_dram_address(Matrix& matrix) {
    if (matrix.has_dram) return;
    const std::uint64_t before = dram_.used();
    matrix.dram = dram_.allocate(matrix.layout.bytes());
    if (matrix.host) host_bytes_ += dram_.used() - before;
    matrix.has_dram = true;
}

void Placement::make_resident(Matrix& matrix, const MemorySpace::Region& region) {
    matrix.sram = region;
    matrix.sram_ready = {};
    matrix.readers = {};
    resident_.push_back(&matrix);
}

void Placement::drop(Matrix& matrix) {
    std::erase(resident_, &matrix);
    Needs last_use = matrix.sram_ready;
    last_use.merge(matrix.readers);
    sram_.release(*matrix.sram, last_use);
    matrix.sram.reset();
    matrix.readers = {};
    matrix.written.clear();
}

void Placement::used(Matrix& matrix) {
    if (matrix.uses_left > 0) --matrix.uses_left;
    if (matrix.uses_left == 0 && matrix.resident()) drop(matrix);
}

Matrix* Placement::victim(const std::vector<const Matrix*>& pinned, std::size_t kernel) {
    Matrix* best = nullptr;
    std::size_t best_next = 0;
    for (Matrix* matrix : resident_) {
        if (std::find(pinned.begin(), pinned.end(), matrix) != pinned.end()) continue;
        const auto& readers = readers_[matrix->tensor];
        const auto it = std::lower_bound(readers.begin(), readers.end(), kernel);
        const std::size_t next = it == readers.end() ? ~std::size_t{0} : *it;
        if (best == nullptr || next > best_next) {
            best = matrix;
            best_next = next;
        }
    }
    return best;
}

}  // namespace octet
