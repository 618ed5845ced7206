#include "sim/lower/lowering.h"

#include <algorithm>
#include <stdexcept>

#include "sim/lower/blocks.h"
#include "sim/lower/lower_matvec.h"
#include "sim/lower/vector_programs.h"

namespace octet {
namespace {

constexpr std::uint64_t dram_alignment = 64;
constexpr std::uint64_t line_scale_bytes = 4;

}  // namespace

Lowering::Lowering(const Graph& graph_, const AcceleratorConfig& config_, std::uint64_t seed,
                   std::vector<TensorScale> scales, std::vector<std::uint64_t> tokens)
    : graph(graph_),
      workload_operations(static_cast<std::uint32_t>(graph_.operations.size())),
      config(config_),
      machine(config_),
      grids(block_grids(graph, formats_by_use(config_.pe.storage, config_.formats))),
      fused(with_encoders(graph, fuse(graph_, config_.fusion, config_.vector.residual_port, config_.formats),
                          grids, machine.inputs_stay() ? 0 : machine.cols)),
      placement(graph, fused, grids, machine, dram_alignment),
      emitter(placement, machine),
      input_halves_(machine.input_slots),
      weight_halves_(machine.weight_slots),
      seed_(seed),
      scales_(std::move(scales)),
      tokens_(std::move(tokens)) {
    choices.resize(fused.kernels.size());
    for (std::size_t k = 0; k < fused.kernels.size(); ++k) {
        choices[k].operation = charged(k);
        choices[k].encodes = charged(k) != fused.kernels[k].operation;
        choices[k].fused = fused.kernels[k].fused;
        choices[k].items = operation(k).batch;
        choices[k].matrix = operation(k).kind == OperationKind::matmul;
        choices[k].rows = operation(k).m;
        choices[k].columns = operation(k).n;
    }
}

bool Lowering::next_item() {
    while (group_begin_ < fused.kernels.size()) {
        if (group_end_ == group_begin_) {  // a new group
            const std::size_t group = fused.kernels[group_begin_].group;
            do ++group_end_;
            while (config.controller.overlap_operations && group_end_ < fused.kernels.size() &&
                   fused.kernels[group_end_].group == group);
            item_ = 0;
            in_group_ = group_begin_;
        }
        if (item_ == operation(group_begin_).batch) {
            group_begin_ = group_end_;
            continue;
        }
        const std::size_t kernel = in_group_;
        emitter.begin_item(kernel, operation(kernel).name, !config.controller.overlap_operations);
        wait_for_inputs(kernel);
        switch (operation(kernel).kind) {
            case OperationKind::matmul:
                if (config.matvec == Matvec::vector && operation(kernel).m == 1 &&
                    !operation(kernel).transpose_a)
                    MatvecLowering(*this, kernel, item_).run();
                else
                    product(kernel, item_);
                break;
            case OperationKind::embedding:
            case OperationKind::windows:
                embedding(kernel, item_);
                break;
            case OperationKind::prepend:
                prepend(kernel, item_);
                break;
            case OperationKind::spread:
                spread(kernel, item_);
                break;
            case OperationKind::table_gradient:
                table_gradient(kernel);
                break;
            case OperationKind::rope:
                rope(kernel, item_);
                break;
            case OperationKind::copy:
                operation(kernel).columns.empty() ? vector_work(kernel, item_) : pick(kernel, item_);
                break;
            default:
                vector_work(kernel, item_);
                break;
        }
        if (++in_group_ == group_end_) {
            in_group_ = group_begin_;
            ++item_;
        }
        return true;
    }
    return false;
}

// Loads of an input that is made from an output wait for the stores of that output.
void Lowering::wait_for_inputs(std::size_t kernel) {
    const auto wait = [&](const Operation& op) {
        for (const TensorId id : op.inputs) {
            const TensorId after = graph.tensors[id].after;
            if (after == no_tensor) continue;
            Needs written;
            for (std::uint64_t i = 0; i < graph.tensors[after].batch; ++i)
                written.merge(placement.matrix(after, i).dram_ready);
            for (std::uint64_t i = 0; i < graph.tensors[id].batch; ++i)
                placement.matrix(id, i).dram_ready.merge(written);
        }
    };
    wait(operation(kernel));
    for (const OperationId id : fused.kernels[kernel].fused) wait(graph.operations[id]);
}

View Lowering::rows_of(TensorId id, std::uint64_t item, std::uint64_t batch, std::uint64_t rows) {
    const Tensor& tensor = graph.tensors[id];
    const bool own = tensor.batch == batch;
    Matrix& matrix = placement.matrix(id, own ? item : tensor.batch == 1 ? 0 : item * tensor.batch / batch);
    // Without matrices of its own an item takes the first `rows` rows of its share.
    const std::uint64_t first = own || tensor.rows < batch ? 0 : item * (tensor.rows / batch);
    return {&matrix, {{first, std::min(rows, matrix.layout.rows())}, {0, matrix.layout.cols()}}};
}

View Lowering::block_of(TensorId id, const Operation& op, std::uint64_t item, std::uint64_t blocks,
                        std::uint64_t rows, std::uint64_t cols, const Member& of) {
    const Tensor& tensor = graph.tensors[id];
    item = item * of.share + of.member;
    const std::uint64_t heads = op.heads * of.share;
    if (blocks == 0) {
        Matrix& matrix =
            placement.matrix(id, tensor.batch == 1 ? 0 : item * tensor.batch / (op.batch * of.share));
        return {&matrix, all_of(matrix.layout)};
    }
    Matrix& matrix = placement.matrix(id, 0);
    const std::uint64_t sample = item / heads, head = item % heads;
    const std::uint64_t block = head * blocks / heads;
    // Of a cache each sample may have more rows than are used.
    const std::uint64_t share = matrix.layout.rows() / (op.batch / op.heads);
    return {&matrix, {{sample * share, rows}, {block * cols, cols}}};
}

// What stays free for staging when outputs are made resident.
std::uint64_t Lowering::spare_bytes() const {
    return std::min<std::uint64_t>(machine.sram_bytes / 4, 192 * 1024);
}

void Lowering::place_output(Matrix& matrix) {
    if (matrix.placed) return;
    matrix.placed = true;
    if (matrix.uses_left > 0 && !matrix.parameter) emitter.place_in_sram(matrix, spare_bytes());
    if (!matrix.resident()) placement.give_dram_address(matrix);
}

const GemmPlan& Lowering::plan_for(const GemmRequest& request) {
    const auto [it, is_new] = plans_.try_emplace(request);
    if (is_new) it->second = plan_gemm(request, machine);
    return it->second;
}

std::uint32_t Lowering::program_of(std::size_t kernel, VectorProgram program) {
    const auto [it, is_new] = programs_of_.try_emplace(kernel, static_cast<std::uint32_t>(programs.size()));
    if (is_new) programs.push_back(with_function_units(std::move(program), graph, config.vector));
    return it->second;
}

VectorProgram Lowering::program_of_kernel(std::size_t kernel, bool in_place) const {
    const Kernel& k = fused.kernels[kernel];
    if (choices[kernel].encodes) {
        const Kernel& before = fused.kernels[kernel - 1];
        return encoder_program(k.charged, before.fused.empty() ? k.charged : before.fused.back());
    }
    VectorProgram program = vector_program(k.operation, graph, in_place, k.fused);
    program.encoded_later = k.encoded_later;
    return program;
}

// A block of a resident matrix has been written; what leaves the machine goes to DRAM at once.
void Lowering::stored(Matrix& matrix, const Block& block, std::uint32_t writer) {
    matrix.sram_ready.after(Engine::vector, writer);
    matrix.written.push_back(block);
    matrix.written_values += block.rows.count * block.columns.count;
    if (matrix.written_values == matrix.layout.rows() * matrix.layout.cols()) matrix.written.clear();
    if (!is_output(graph.tensors[matrix.tensor].role)) return;
    Needs needs;
    needs.after(Engine::vector, writer);
    emitter.store(matrix, block, matrix.layout.pieces(matrix.sram->base, block.rows, block.columns), needs,
                  charged(in_group_));
}

Lowering::Parameters Lowering::parameters(const std::vector<View>& vectors, OperationId id) {
    Parameters p;
    if (vectors.empty()) return p;
    const FormatInfo& format = vectors[0].matrix->layout.format();
    p.bits = static_cast<std::uint16_t>(format.bits);
    p.pitch = static_cast<std::uint16_t>(vectors[0].matrix->layout.pitch());
    p.codec = format.name != machine.vector->name;
    p.format = vectors[0].matrix->format;
    p.columns = vectors[0].matrix->layout.cols();
    if (!scales_.empty())
        for (const View& view : vectors) p.scales.push_back(scale_of(view.matrix->tensor));
    const Layout& layout = vectors[0].matrix->layout;
    const std::uint64_t values = layout.row_bytes(layout.cols()),
                        bytes = layout.part({0, 1}, {0, layout.cols()}).bytes();
    Address base = 0;
    // A vector that several items share (an attention mask) stays in SRAM.
    if (vectors.size() == 1 && layout.rows() == 1 &&
        (vectors[0].matrix->uses_left > 1 || vectors[0].matrix->resident()) &&
        emitter.load_whole(*vectors[0].matrix, spare_bytes(), id)) {
        p.resident = vectors[0].matrix;
        base = p.resident->sram->base;
        p.ready = p.resident->sram_ready;
    } else {
        p.region = emitter.reserve(bytes * vectors.size(), id);
        base = p.region->base;
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            const View& view = vectors[i];
            const Block row{{view.block.rows.first, 1}, {0, view.matrix->layout.cols()}};
            const Layout staged = view.matrix->layout.part(row.rows, row.columns);
            p.ready.after(Engine::load, emitter.load(*view.matrix, row, staged, row, base + i * bytes,
                                                     p.region->free_after, id));
        }
    }
    const auto pieces = [&](Address at, std::uint64_t size) {
        const auto each = static_cast<std::uint32_t>(size);
        return Strips{at, static_cast<std::uint32_t>(vectors.size()), each, each, bytes, 0, 0};
    };
    p.strips = pieces(base, values);
    if (bytes > values) p.block_scales = {pieces(base + values, bytes - values), 0, layout.grid()};
    return p;
}

void Lowering::describe(VectorOperand& operand, const Matrix& matrix, std::uint64_t piece_columns) const {
    operand.bits = static_cast<std::uint16_t>(matrix.layout.format().bits);
    operand.codec = matrix.layout.format().name != machine.vector->name;
    operand.format = matrix.format;
    operand.pitch = static_cast<std::uint16_t>(matrix.layout.pitch());
    operand.piece_columns = static_cast<std::uint32_t>(piece_columns);
    const FormatInfo& format = matrix.layout.format();
    const bool multiplies = format.block_length > 0 && format.scale_values == nullptr;  // by scales of blocks
    operand.scaled = operand.codec && (graph.tensors[matrix.tensor].scaled || multiplies);
    // Of codes alone: what is wide is as it is.
    if (!scales_.empty() && !fused.wide[matrix.tensor]) operand.scales.assign(1, scale_of(matrix.tensor));
}

Lowering::Lines Lowering::lines_of(const View& operand, OperationId id) {
    const Matrix& matrix = *operand.matrix;
    if (!has_line_scales(matrix)) return {};
    const Block& block = operand.block;
    Lines lines;
    lines.count =
        static_cast<std::uint32_t>(matrix.layout.grid().along_rows ? block.columns.count : block.rows.count);
    if (matrix.resident()) {
        lines.base = matrix.layout.scales(matrix.sram->base, block.rows, block.columns).strips.base;
        lines.ready = matrix.sram_ready;
        return lines;
    }
    lines.region = emitter.reserve(lines.count * line_scale_bytes, id);
    lines.base = lines.region->base;
    lines.ready.after(Engine::load,
                      emitter.load_scales(matrix, block, lines.base, lines.region->free_after, id));
    return lines;
}

Strips Lowering::Lines::part(std::uint64_t first, std::uint64_t lines) const {
    if (count == 0) return {};
    const auto bytes = static_cast<std::uint32_t>(lines * line_scale_bytes);
    return {base + first * line_scale_bytes, 1, bytes, bytes, 0, 0};
}

void Lowering::release(Lines& lines, const Needs& last_use) {
    if (lines.region) placement.sram().release(*lines.region, last_use);
    lines.region.reset();
}

void Lowering::release(Parameters& p, const Needs& last_use) {
    if (p.region) placement.sram().release(*p.region, last_use);
    if (p.resident != nullptr) p.resident->readers.merge(last_use);
    p.region.reset();
}

VectorOperand Lowering::slice(const Parameters& p, std::uint64_t first, std::uint64_t count) {
    VectorOperand operand;
    operand.bits = p.bits;
    operand.pitch = p.pitch;
    operand.codec = p.codec;
    operand.format = p.format;
    operand.scales = p.scales;
    operand.sram = p.strips;
    if (p.strips.count == 0) return operand;
    const auto bytes = static_cast<std::uint32_t>(ceil_div(count * p.pitch, std::uint64_t{8}));
    operand.sram.base += first * p.pitch / 8;
    operand.sram.bytes = operand.sram.last_bytes = bytes;
    if (!p.block_scales) return operand;
    const BlockGrid& grid = p.block_scales.grid;
    ScalePlane& scales = operand.block_scales = p.block_scales;
    scales.grid = grid.from(first);
    const std::uint64_t each = p.block_scales.strips.bytes / grid.blocks(p.columns);
    scales.strips.base += grid.block_of(first) * each;
    scales.strips.bytes = scales.strips.last_bytes =
        static_cast<std::uint32_t>(scales.grid.blocks(count) * each);
    return operand;
}

}  // namespace octet
