// Columns of a matrix side by side (`copy` with columns), as commands: one for each, a value a beat.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "sim/lower/lowering.h"

namespace octet {

void Lowering::pick(std::size_t kernel, std::uint64_t item) {
    const Kernel& work = fused.kernels[kernel];
    const OperationId id = charged(kernel);
    const Operation& op = operation(kernel);
    View x = rows_of(op.inputs[0], item, op.batch, op.m);
    x.block.rows.first += op.first;
    const View out = rows_of(work.output, item, op.batch, op.m);
    const Layout &from = x.matrix->layout, &to = out.matrix->layout;
    for (const Layout* layout : {&from, &to})
        if (layout->grid().length != 0 || layout->format().bits % 8 != 0)
            throw std::invalid_argument(fmt::format(
                "operation '{}': columns of {} cannot be taken one by one", op.name, layout->format().name));
    emitter.pin(*x.matrix);
    emitter.pin(*out.matrix);
    place_output(*out.matrix);
    const std::uint32_t program =
        program_of(2 * kernel + fused.kernels.size(), program_of_kernel(kernel, false));
    const bool in_staged = !x.matrix->resident(), out_staged = !out.matrix->resident();
    const std::uint64_t row_bytes = (in_staged ? 2 * (from.most_bytes(1, from.cols()) + 1) : 0) +
                                    (out_staged ? 2 * (to.most_bytes(1, to.cols()) + 1) : 0);
    const std::uint64_t most = rows_at_once(op.m, row_bytes, (in_staged ? 2U : 0U) + (out_staged ? 2U : 0U));
    choices[kernel].row_block = most;
    choices[kernel].output_resident = !out_staged;

    std::vector<Block> sources;
    for (std::uint64_t first = 0; first < op.m; first += most)
        sources.push_back({{x.block.rows.first + first, std::min(most, op.m - first)}, {0, from.cols()}});
    std::optional<StagedBlocks> ring;
    if (in_staged) ring.emplace(emitter, *x.matrix, sources, 2, most, from.cols(), id);
    std::vector<StagingArea> areas;
    for (std::size_t i = 0; out_staged && i < std::min<std::size_t>(2, sources.size()); ++i)
        areas.push_back(emitter.staging_area(to.part({0, most}, {0, op.n}).bytes(), id));

    const bool own = graph.tensors[out.matrix->tensor].batch == op.batch;
    std::uint64_t done = 0;  // rows
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const RowRange& rows = sources[i].rows;
        const Block target{{out.block.rows.first + done, rows.count}, {0, op.n}};
        const Layout packed = to.part(target.rows, target.columns);
        StagingArea* area = out_staged ? &areas[i % areas.size()] : nullptr;
        Needs needs = area != nullptr ? area->free : out.matrix->sram->free_after;
        if (ring) {
            ring->go_to(sources[i]);
            ring->load_ahead();
            needs.merge(ring->ready(sources[i]));
        } else {
            needs.merge(x.matrix->sram_ready);
        }
        VectorCommand command;
        command.program = program;
        command.rows = static_cast<std::uint32_t>(rows.count);
        command.columns = 1;
        command.by_value = true;
        describe(command.operands[0], *x.matrix, 0);
        describe(command.output, *out.matrix, 0);
        std::uint32_t sequence = 0;
        for (std::uint64_t n = 0; n < op.n; ++n) {
            command.operands[0].sram =
                ring ? ring->column(op.columns[n]) : from.column(x.matrix->sram->base, rows, op.columns[n]);
            command.output.sram = area != nullptr ? packed.column(area->region.base, {0, rows.count}, n)
                                                  : to.column(out.matrix->sram->base, target.rows, n);
            command.part = part_of(own ? item : 0, target.rows.first, n);
            sequence = emitter.emit(Engine::vector, id, needs, command);
        }
        done += rows.count;
        if (ring)
            ring->read_by(Engine::vector, sequence);
        else
            x.matrix->readers.after(Engine::vector, sequence);
        if (area == nullptr) {
            stored(*out.matrix, target, sequence);
            continue;
        }
        Needs written;
        written.after(Engine::vector, sequence);
        area->free = {};
        area->free.after(
            Engine::store,
            emitter.store(*out.matrix, target,
                          packed.pieces(area->region.base, all_of(packed).rows, {0, op.n}), written, id));
    }
    if (ring) ring->finish(false);
    emitter.release(areas);
    placement.used(*x.matrix);
}

}  // namespace octet
