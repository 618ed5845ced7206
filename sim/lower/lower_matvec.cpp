// Products of one vector and a matrix on the lanes of the vector unit, as commands.
#include "sim/lower/lower_matvec.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace octet {
namespace {

constexpr std::uint64_t most_areas = 4;

// Of the matrix in a command, for least cycles that are lost: the lanes wait until the first part is there,
// and twice for the latency with each.
std::uint64_t bytes_at_once(std::uint64_t all, const AcceleratorConfig& config, const MachineShape& machine) {
    const double lost = 2.0 * config.vector.latency + 4;
    const double best = std::sqrt(static_cast<double>(all) * lost * machine.dram_bytes_per_cycle);
    return static_cast<std::uint64_t>(std::clamp(best, 4096.0, 65536.0));
}

Block columns_of(const View& view, std::uint64_t first, std::uint64_t count) {
    return {{view.block.rows.first, 1}, {view.block.columns.first + first, count}};
}

}  // namespace

MatvecLowering::MatvecLowering(Lowering& lowering, std::size_t kernel, std::uint64_t item)
    : l_(lowering),
      e_(lowering.emitter),
      kernel_(kernel),
      item_(item),
      id_(lowering.fused.kernels[kernel].operation),
      k_(lowering.graph.operations[id_].k),
      n_(lowering.graph.operations[id_].n) {
    ProductViews views = l_.product_views(kernel, item);
    row_sums_ = views.second_turned;
    input_ = views.first;
    matrix_ = views.second;
    out_ = views.out;
    residual_ = views.residual;
    parameter_views_ = std::move(views.parameters);
    program_ = views.program;
}

// Parts of the matrix, those of one reduction after one another. They begin where panels, tiles and blocks of
// a scale do.
std::vector<MatvecLowering::Part> MatvecLowering::parts() const {
    const Layout layout = l_.layout_of(matrix_);
    const std::uint64_t panel = layout.is_row_major() ? 1 : layout.piece_columns();
    const std::uint64_t n_unit = row_sums_ ? l_.machine.cols : std::lcm(l_.machine.cols, panel);
    std::uint64_t k_unit = row_sums_ ? std::lcm(l_.machine.rows, panel) : l_.machine.rows;
    if (layout.grid().length != 0) k_unit = std::lcm(k_unit, layout.grid().length);
    const auto bytes = [&](std::uint64_t k, std::uint64_t n) {
        return row_sums_ ? layout.most_bytes(n, k) : layout.most_bytes(k, n);
    };
    const std::uint64_t room = matrix_.matrix->resident()
                                   ? ~std::uint64_t{0}
                                   : std::min(bytes_at_once(bytes(k_, n_), l_.config, l_.machine),
                                              l_.placement.sram().largest_free() / (2 * most_areas));
    const std::uint64_t sums = l_.machine.accumulation_depth == unlimited_depth
                                   ? n_
                                   : std::min(n_, l_.machine.accumulation_depth * l_.machine.cols);
    const std::uint64_t most_n = sums == n_ ? n_ : std::max<std::uint64_t>(1, sums / n_unit) * n_unit;
    const bool long_rows = layout.is_row_major() && !row_sums_;  // fetched whole
    // All of `whole` if it fits, else as many steps as do, one at least.
    const auto fitting = [&](std::uint64_t whole, std::uint64_t step, const auto& bytes_of) {
        if (bytes_of(whole) <= room) return whole;
        const std::uint64_t each = std::max<std::uint64_t>(1, bytes_of(step));
        return std::min(whole, std::max<std::uint64_t>(1, room / each) * step);
    };
    std::vector<Part> parts;
    for (std::uint64_t n0 = 0; n0 < n_; n0 += parts.back().n) {
        std::uint64_t n = std::min(most_n, n_ - n0);
        if (!long_rows) n = fitting(n, n_unit, [&](std::uint64_t columns) { return bytes(k_, columns); });
        const std::uint64_t k = fitting(k_, k_unit, [&](std::uint64_t rows) { return bytes(rows, n); });
        for (std::uint64_t k0 = 0; k0 < k_; k0 += k) parts.push_back({k0, std::min(k, k_ - k0), n0, n});
    }
    return parts;
}

Block MatvecLowering::block_of(const Part& part) const {
    const std::uint64_t row = matrix_.block.rows.first, column = matrix_.block.columns.first;
    if (row_sums_) return {{row + part.n0, part.n}, {column + part.k0, part.k}};
    return {{row + part.k0, part.k}, {column + part.n0, part.n}};
}

void MatvecLowering::run() {
    l_.place_output(*out_.matrix);
    parameters_ = l_.parameters(parameter_views_, id_);
    const auto stage_row = [&](std::optional<StagedBlocks>& staged, const View& view, std::uint64_t columns) {
        if (view.matrix != nullptr && !view.matrix->resident())
            staged.emplace(e_, *view.matrix, std::vector{view.block}, 1, 1, columns, id_,
                           !l_.has_line_scales(*view.matrix));
    };
    row_lines_ = l_.lines_of(input_, id_);
    column_lines_ = l_.lines_of(matrix_, id_);
    stage_row(staged_input_, input_, k_);
    stage_row(staged_residual_, residual_, n_);
    if (!out_.matrix->resident()) {
        const std::uint64_t bytes = out_.matrix->layout.part(out_.block.rows, out_.block.columns).bytes();
        out_area_ = e_.reserve(bytes, id_);
        out_free_ = out_area_->free_after;
    }
    const std::vector<Part> all = parts();
    if (!matrix_.matrix->resident()) {
        std::vector<Block> blocks;
        std::uint64_t bytes = 0, rows = 0, columns = 0;
        for (const Part& part : all) {
            const Block& block = blocks.emplace_back(block_of(part));
            bytes = std::max(bytes, l_.layout_of(matrix_).part(block.rows, block.columns).bytes());
            rows = std::max(rows, block.rows.count), columns = std::max(columns, block.columns.count);
        }
        const std::uint64_t areas = std::clamp<std::uint64_t>(
            l_.placement.sram().largest_free() / (bytes + l_.machine.sram_word), 1, most_areas);
        staged_matrix_.emplace(e_, *matrix_.matrix, std::move(blocks), areas, block_of(all[0]).rows.count,
                               block_of(all[0]).columns.count, id_, !l_.has_line_scales(*matrix_.matrix));
    }
    KernelChoice& choice = l_.choices[kernel_];
    choice.on_lanes = true;
    choice.lanes_k = choice.lanes_n = 0;
    for (const Part& part : all) {
        choice.lanes_k = std::max(choice.lanes_k, part.k);
        choice.lanes_n = std::max(choice.lanes_n, part.n);
    }
    choice.matrix_resident = matrix_.matrix->resident();
    choice.output_resident = out_.matrix->resident();
    for (const Part& part : all) multiply(part);
    finish();
}

// Describes a part of an operand where it lies in SRAM; adds what its reader waits for.
void MatvecLowering::read(VectorOperand& operand, const View& view, std::optional<StagedBlocks>& staged,
                          const Block& part, std::uint64_t tile, Needs& needs) {
    const Layout layout = l_.layout_of(view);
    const std::uint64_t width = tile != 0 ? tile : layout.piece_columns();
    l_.describe(operand, *view.matrix, width);
    if (staged) {
        staged->load_ahead();
        operand.sram = staged->strips(part, tile);
        operand.block_scales = staged->scales(part);
        needs.merge(staged->ready(part));
    } else {
        const Address base = view.matrix->sram->base;
        operand.sram = tile != 0 ? layout.tiles(base, part.rows, part.columns, tile)
                                 : layout.strips(base, part.rows, part.columns);
        operand.block_scales = layout.scales(base, part.rows, part.columns);
        needs.merge(view.matrix->sram_ready);
    }
}

void MatvecLowering::multiply(const Part& part) {
    MatvecCommand command;
    command.program = program_;
    command.row_sums = row_sums_;
    command.first_k = part.k0 == 0;
    command.last_k = part.k0 + part.k == k_;
    Needs needs;
    if (staged_input_) staged_input_->go_to(input_.block);
    read(command.input, input_, staged_input_, columns_of(input_, part.k0, part.k), 0, needs);
    const Block block = block_of(part);
    command.rows = static_cast<std::uint32_t>(block.rows.count);
    command.columns = static_cast<std::uint32_t>(block.columns.count);
    const Layout& layout = matrix_.matrix->layout;
    const std::uint64_t tile = !layout.is_row_major() ? layout.piece_columns()
                               : row_sums_            ? l_.machine.rows
                                                      : l_.machine.cols;
    if (staged_matrix_) staged_matrix_->go_to(block);
    read(command.matrix, matrix_, staged_matrix_, block, tile, needs);
    // Integers are multiplied as codes; their scales come with the results.
    for (VectorOperand* operand : {&command.input, &command.matrix}) {
        for (TensorScale& scale : operand->scales) scale.scale = 1;
        operand->scaled = false;
    }
    Pieces written;
    const Block out = columns_of(out_, part.n0, part.n);
    if (command.last_k) written = result(command, part, out, needs);
    const std::uint32_t sequence = e_.emit(Engine::vector, id_, needs, command);
    last_.after(Engine::vector, sequence);
    const auto was_read = [&](const View& view, std::optional<StagedBlocks>& staged) {
        if (staged)
            staged->read_by(Engine::vector, sequence);
        else if (view.matrix != nullptr)
            view.matrix->readers.after(Engine::vector, sequence);
    };
    was_read(input_, staged_input_);
    was_read(matrix_, staged_matrix_);
    if (!command.last_k) return;
    was_read(residual_, staged_residual_);
    if (out_.matrix->resident()) return l_.stored(*out_.matrix, out, sequence);
    Needs done;
    done.after(Engine::vector, sequence);
    out_stored_.after(Engine::store, e_.store(*out_.matrix, out, written, done, id_));
}

// What becomes of the sums, and where it goes; the bytes as a DMA takes them.
Pieces MatvecLowering::result(MatvecCommand& command, const Part& part, const Block& out, Needs& needs) {
    command.parameters = Lowering::slice(parameters_, part.n0, part.n);
    command.sum_scale = l_.scale_of(input_.matrix->tensor).scale * l_.scale_of(matrix_.matrix->tensor).scale;
    command.part = l_.graph.operations[id_].out_blocks > 0
                       ? Lowering::part_of(0, out_.block.rows.first, out_.block.columns.first + part.n0)
                       : Lowering::part_of(item_, 0, part.n0);
    command.line_scales = {row_lines_.part(0, 1), column_lines_.part(part.n0, part.n)};
    needs.merge(parameters_.ready);
    for (const Lowering::Lines* lines : {&row_lines_, &column_lines_}) needs.merge(lines->ready);
    if (residual_.matrix != nullptr) {
        if (staged_residual_) staged_residual_->go_to(residual_.block);
        read(command.residual, residual_, staged_residual_, columns_of(residual_, part.n0, part.n), 0, needs);
    }
    const Layout& layout = out_.matrix->layout;
    l_.describe(command.output, *out_.matrix, layout.piece_columns());
    Pieces written;
    if (out_.matrix->resident()) {
        written = layout.pieces(out_.matrix->sram->base, out.rows, out.columns);
        needs.merge(out_.matrix->sram->free_after);
    } else {
        const Layout staged = layout.part(out_.block.rows, out_.block.columns);
        written = staged.pieces(out_area_->base, {0, 1}, {part.n0, part.n});
        needs.merge(out_free_);
    }
    Lowering::place(command.output, written);
    return written;
}

void MatvecLowering::finish() {
    const auto stays = [&](const View& view) {
        return view.matrix->uses_left > 1 && view.block == all_of(view.matrix->layout) &&
               l_.graph.tensors[view.matrix->tensor].role != TensorRole::weight;
    };
    if (staged_input_) staged_input_->finish(stays(input_));
    if (staged_matrix_) staged_matrix_->finish(stays(matrix_));
    if (staged_residual_) staged_residual_->finish(false);
    if (out_area_) l_.placement.sram().release(*out_area_, out_stored_);
    l_.release(parameters_, last_);
    for (Lowering::Lines* lines : {&row_lines_, &column_lines_}) l_.release(*lines, last_);
    for (const View* view : {&input_, &matrix_, &residual_})
        if (view->matrix != nullptr) l_.placement.used(*view->matrix);
    for (const View& view : parameter_views_) l_.placement.used(*view.matrix);
}

}  // namespace octet
