// The epilogue of a matrix product, tile by tile, and where its results go.
#include "sim/lower/gemm_lowering.h"

namespace octet {

void GemmLowering::epilogue(std::uint64_t mi, std::uint64_t n_tile, std::uint64_t n_tiles) {
    EpilogueCommand epilogue;
    epilogue.program = program_;
    const Block out = out_block(out_, mi, n_tile, n_tiles);
    const std::uint64_t first_row = out.rows.first - out_.block.rows.first,
                        first_column = out.columns.first - out_.block.columns.first,
                        columns = out.columns.count;
    epilogue.m = static_cast<std::uint32_t>(out.rows.count);
    epilogue.n_tiles = static_cast<std::uint32_t>(ceil_div(columns, machine_.cols));
    epilogue.n_last = static_cast<std::uint32_t>(columns - (epilogue.n_tiles - 1) * machine_.cols);
    epilogue.by_column = machine_.inputs_stay();
    Needs needs = parameters_.ready;
    epilogue.parameters = Lowering::slice(parameters_, first_column, columns);
    epilogue.sum_scale = l_.scale_of(a_.matrix->tensor).scale * l_.scale_of(b_.matrix->tensor).scale;
    epilogue.line_scales = {row_lines_.part(first_row, epilogue.m),
                            column_lines_.part(first_column, columns)};
    for (const Lowering::Lines* lines : {&row_lines_, &column_lines_}) needs.merge(lines->ready);
    // What has joined a product of heads side by side sees one matrix.
    epilogue.part = op_.out_blocks > 0 ? Lowering::part_of(0, out.rows.first, out.columns.first)
                                       : Lowering::part_of(item_, first_row, first_column);
    if (residual_.matrix != nullptr) {
        const Block part = out_block(residual_, mi, n_tile, n_tiles);
        l_.describe(epilogue.residual, *residual_.matrix, machine_.cols);
        if (staged_residual_) {
            staged_residual_->go_to(part);
            staged_residual_->load_ahead();
            epilogue.residual.sram = staged_residual_->strips(part, machine_.cols);
            epilogue.residual.block_scales = staged_residual_->scales(part);
            needs.merge(staged_residual_->ready(part));
        } else {
            const Layout& layout = residual_.matrix->layout;
            const Address base = residual_.matrix->sram->base;
            epilogue.residual.sram = layout.tiles(base, part.rows, part.columns, machine_.cols);
            epilogue.residual.block_scales = layout.scales(base, part.rows, part.columns);
            needs.merge(residual_.matrix->sram_ready);
        }
    }
    l_.describe(epilogue.output, *out_.matrix, machine_.cols);
    std::size_t area = 0;
    Pieces written;  // the same bytes as a DMA takes them
    if (out_.matrix->resident()) {
        const Layout& layout = out_.matrix->layout;
        const Address base = out_.matrix->sram->base;
        epilogue.output.sram = layout.tiles(base, out.rows, out.columns, machine_.cols);
        epilogue.output.block_scales = layout.scales(base, out.rows, out.columns);
        needs.merge(out_.matrix->sram->free_after);
    } else {
        area = out_next_++ % out_areas_.size();
        const Layout staged = out_.matrix->layout.part(out.rows, out.columns);
        const Block all = all_of(staged);
        epilogue.output.sram =
            staged.tiles(out_areas_[area].region.base, all.rows, all.columns, machine_.cols);
        written = staged.pieces(out_areas_[area].region.base, all.rows, all.columns);
        epilogue.output.block_scales = written.scales;
        needs.merge(out_areas_[area].free);
    }
    const std::uint32_t sequence = e_.emit(Engine::vector, id_, needs, epilogue);
    last_epilogue_.after(Engine::vector, sequence);
    for (const View* view : {&a_, &b_})  // scales
        if (l_.has_line_scales(*view->matrix)) view->matrix->readers.after(Engine::vector, sequence);
    if (staged_residual_)
        staged_residual_->read_by(Engine::vector, sequence);
    else if (residual_.matrix != nullptr)
        residual_.matrix->readers.after(Engine::vector, sequence);
    if (out_.matrix->resident()) {
        l_.stored(*out_.matrix, out, sequence);
    } else {
        Needs done;
        done.after(Engine::vector, sequence);
        const std::uint32_t store = e_.store(*out_.matrix, out, written, done, id_);
        out_areas_[area].free = {};
        out_areas_[area].free.after(Engine::store, store);
    }
}

void GemmLowering::finish() {
    const bool keep_a = a_.matrix->uses_left > 1, keep_b = b_.matrix->uses_left > 1;
    const auto whole = [](const View& view) { return view.block == all_of(view.matrix->layout); };
    const auto is_weight = [&](const View& view) {
        return l_.graph.tensors[view.matrix->tensor].role == TensorRole::weight;
    };
    if (staged_a_) staged_a_->finish(keep_a && plan_.a == Staging::tile && whole(a_) && !is_weight(a_));
    if (staged_b_) staged_b_->finish(keep_b && plan_.b == Staging::tile && whole(b_) && !is_weight(b_));
    if (staged_residual_) staged_residual_->finish(false);
    e_.release(out_areas_);
    l_.release(parameters_, last_epilogue_);
    for (Lowering::Lines* lines : {&row_lines_, &column_lines_}) l_.release(*lines, last_epilogue_);
    for (const View* view : {&a_, &b_, &residual_})
        if (view->matrix != nullptr) l_.placement.used(*view->matrix);
    for (const View& view : parameter_views_) l_.placement.used(*view.matrix);
}

}  // namespace octet
