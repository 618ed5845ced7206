// Embedding look-up: rows gathered from tables in DRAM, added by the vector unit. Windows are gathered
// likewise.
#include <algorithm>

#include "sim/lower/lowering.h"
#include "sim/lower/vector_programs.h"
#include "sim/workload/tokens.h"

namespace octet {
std::uint64_t Lowering::token_at(std::uint64_t position, std::uint64_t vocabulary) const {
    return tokens_.empty() ? synthetic_token(seed_, position, vocabulary) : tokens_.at(position);
}

void Lowering::embedding(std::size_t kernel, std::uint64_t item) {
    const OperationId id = charged(kernel);
    const Operation& op = operation(kernel);
    const View out = rows_of(fused.kernels[kernel].output, item, op.batch, op.m);
    std::vector<View> types;
    if (op.inputs.size() > 2) types.push_back(rows_of(op.inputs[2], 0, 1, 1));
    emitter.pin(*out.matrix);
    place_output(*out.matrix);
    Parameters params = parameters(types, id);
    const std::uint32_t program =
        program_of(2 * kernel + fused.kernels.size(), program_of_kernel(kernel, false));

    const std::size_t tables = std::min<std::size_t>(op.inputs.size(), 2);
    const bool windows = op.kind == OperationKind::windows;
    const std::uint64_t words = op.trigram || windows ? 3 : 1, size = op.n / words;  // side by side in a row
    // The row of the first table, `table_rows` long, that part `part` of row `row` of the output takes; none
    // beyond the ends of a sample.
    const auto source = [&](std::uint64_t row, std::uint64_t part,
                            std::uint64_t table_rows) -> std::optional<std::uint64_t> {
        if (windows) {
            const std::uint64_t at = 2 * row + part - 1;  // wraps before the first
            return at < 2 * op.m ? std::optional(2 * op.m * item + at) : std::nullopt;
        }
        // A word, or of three the one after, at and before; wraps before the first.
        const std::uint64_t at = row + (op.trigram ? 1 - part : 0);
        return at < op.m ? std::optional(token_at(tokens_taken_ + at, table_rows)) : std::nullopt;
    };
    // Rows of a table in a staging area; the blocks of each word are its own.
    const auto staged_rows = [&](const Layout& table, std::uint64_t rows) {
        if (words == 1) return table.part({0, rows}, {0, op.n});
        const Layout values = Layout::row_major(rows, op.n, 1, table.format());
        BlockGrid grid = table.grid();
        if (grid.length == 0) return values;
        grid.segment = size;
        return values.with_scales(grid, 1);
    };
    std::uint64_t row_bytes = 0;  // of the widest table: formats may differ
    for (std::size_t t = 0; t < tables; ++t) {
        const Layout& table = placement.matrix(op.inputs[t], 0).layout;
        row_bytes = std::max({row_bytes, table.most_bytes(1, op.n), staged_rows(table, 1).bytes()});
    }
    const std::uint64_t out_row = ceil_div(out.matrix->layout.bytes(), out.matrix->layout.rows()) + 1;
    const bool out_staged = !out.matrix->resident();
    const std::uint64_t per_row = 2 * tables * row_bytes + (out_staged ? 2 * out_row : 0);
    const std::uint64_t slack = 8 * (machine.sram_word + 64), room = placement.sram().largest_free();
    const std::uint64_t rows = std::clamp<std::uint64_t>(room > slack ? (room - slack) / per_row : 0, 1,
                                                         ceil_div(op.m, std::uint64_t{4}));
    choices[kernel].row_block = rows;
    choices[kernel].output_resident = !out_staged;

    std::vector<StagingArea> staging, out_areas;
    for (std::size_t i = 0; i < 2 * tables; ++i)
        staging.push_back(emitter.staging_area(rows * row_bytes, id));
    if (out_staged)
        for (int i = 0; i < 2; ++i)
            out_areas.push_back(
                emitter.staging_area(out.matrix->layout.part({0, rows}, out.block.columns).bytes(), id));

    Needs last;
    for (std::uint64_t first = 0, b = 0; first < op.m; first += rows, ++b) {
        const std::uint64_t count = std::min(rows, op.m - first);
        VectorCommand command;
        command.program = program;
        command.rows = static_cast<std::uint32_t>(count);
        command.columns = static_cast<std::uint32_t>(op.n);
        command.parameters = slice(params, 0, op.n);
        Needs needs = params.ready;
        for (std::size_t t = 0; t < tables; ++t) {
            Matrix& table = placement.matrix(op.inputs[t], 0);
            StagingArea& area = staging[2 * t + b % 2];
            area.free.merge(table.dram_ready);  // of a table that is made in this run
            const Layout staged = staged_rows(table.layout, count);
            std::uint32_t loaded = 0;
            if (t == 0) {  // a row a token
                for (std::uint64_t i = 0; i < count * words; ++i) {
                    const std::uint64_t r = i / words, part = i % words;
                    const auto from = source(first + r, part, table.layout.rows());
                    const Pieces word =
                        from ? table.layout.pieces(table.dram, {*from, 1}, {0, size})
                             : table.layout.part({0, 1}, {0, size})
                                   .pieces(placement.zeros().at(table.tensor), {0, 1}, {0, size});
                    loaded = emitter.load(word, staged.pieces(area.region.base, {r, 1}, {part * size, size}),
                                          area.free, id);
                }
            } else {  // positions, in order
                loaded = emitter.load(table.layout.pieces(table.dram, {op.first + first, count}, {0, op.n}),
                                      staged.pieces(area.region.base, {0, count}, {0, op.n}), area.free, id);
            }
            needs.after(Engine::load, loaded);
            VectorOperand& operand = command.operands.at(t);
            place(operand, staged.pieces(area.region.base, {0, count}, {0, op.n}));
            describe(operand, table, table.layout.piece_columns());
        }
        const Block target{{out.block.rows.first + first, count}, out.block.columns};
        describe(command.output, *out.matrix, out.matrix->layout.piece_columns());
        command.part = part_of(item, first, 0);
        Pieces written;
        if (out_staged) {
            const StagingArea& area = out_areas[b % 2];
            written = out.matrix->layout.part(target.rows, target.columns)
                          .pieces(area.region.base, {0, count}, {0, op.n});
            needs.merge(area.free);
        } else {
            written = out.matrix->layout.pieces(out.matrix->sram->base, target.rows, target.columns);
            needs.merge(out.matrix->sram->free_after);
        }
        place(command.output, written);
        const std::uint32_t sequence = emitter.emit(Engine::vector, id, needs, command);
        last.after(Engine::vector, sequence);
        for (std::size_t t = 0; t < tables; ++t) {
            StagingArea& area = staging[2 * t + b % 2];
            area.free = {};
            area.free.after(Engine::vector, sequence);
        }
        if (out_staged) {
            Needs done;
            done.after(Engine::vector, sequence);
            StagingArea& area = out_areas[b % 2];
            area.free = {};
            area.free.after(Engine::store, emitter.store(*out.matrix, target, written, done, id));
        } else {
            stored(*out.matrix, target, sequence);
        }
    }
    emitter.release(staging);
    emitter.release(out_areas);
    release(params, last);
    if (!windows) tokens_taken_ += op.m;
}

}  // namespace octet
