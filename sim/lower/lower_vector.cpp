// One operation of the vector unit, whole or in blocks of rows, as commands.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "sim/lower/lowering.h"
#include "sim/lower/vector_programs.h"

namespace octet {

std::uint64_t rows_of_whole_blocks(const std::vector<View>& views, std::uint64_t first, std::uint64_t most,
                                   std::uint64_t end) {
    const auto may_end = [&](std::uint64_t row) {
        return row == end || std::all_of(views.begin(), views.end(), [&](const View& view) {
                   const BlockGrid& grid = view.matrix->layout.grid();
                   return grid.length == 0 || !grid.along_rows || grid.begins_at(view.block.rows.first + row);
               });
    };
    std::uint64_t row = std::min(first + most, end);
    while (row > first && !may_end(row)) --row;
    if (row > first) return row - first;
    for (row = first + most; !may_end(row);) ++row;
    return row - first;
}

std::uint64_t Lowering::rows_at_once(std::uint64_t rows, std::uint64_t row_bytes, std::uint64_t areas) {
    if (row_bytes == 0) return rows;
    // Blocks of a quarter of the rows let loading, computing and storing overlap.
    if (areas > 1) rows = ceil_div(rows, std::uint64_t{4});
    const std::uint64_t slack = areas * (machine.sram_word + 64), room = placement.sram().largest_free();
    return std::clamp<std::uint64_t>(room > slack ? (room - slack) / row_bytes : 0, 1, rows);
}

void Lowering::vector_work(std::size_t kernel, std::uint64_t item) {
    const Kernel& work = fused.kernels[kernel];
    const Operation& op = operation(kernel);
    VectorViews views;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        // All samples add the first rows of the tables of places.
        const bool shared = op.kind == OperationKind::position && i > 0;
        const std::uint64_t of = shared ? 0 : item, batch = shared ? 1 : op.batch;
        if (is_parameter(graph, op, i))
            views.vectors.push_back(rows_of(op.inputs[i], of, batch, 1));
        else
            views.operands.push_back(rows_of(op.inputs[i], of, batch, op.m));
    }
    if (op.first != 0)
        views.operands.at(op.kind == OperationKind::position ? 1 : 0).block.rows.first += op.first;
    for (OperationId f : work.fused)
        for (std::size_t i = 1; i < graph.operations[f].inputs.size(); ++i)
            if (is_parameter(graph, graph.operations[f], i))
                views.vectors.push_back(rows_of(graph.operations[f].inputs[i], 0, 1, 1));
    views.out = rows_of(work.output, item, op.batch, reduces(op.kind) ? 1 : op.m);
    vector_rows(kernel, item, views);
}

void Lowering::spread(std::size_t kernel, std::uint64_t item) {
    const Operation& op = operation(kernel);
    const Tensor& from = graph.tensors[op.inputs[0]];
    const std::uint64_t rows = from.batch * from.rows / op.batch;
    const View out = rows_of(fused.kernels[kernel].output, item, op.batch, op.m);
    const auto part = [&](std::uint64_t first, std::uint64_t count) {
        View view = out;
        view.block.rows = {out.block.rows.first + first, count};
        return view;
    };
    const auto zeros = [&](std::uint64_t first, std::uint64_t end) {
        if (first < end) vector_rows(kernel, item, {{}, {}, part(first, end - first)});
    };
    zeros(0, op.first);
    vector_rows(kernel, item, {{rows_of(op.inputs[0], item, op.batch, rows)}, {}, part(op.first, rows)});
    zeros(op.first + rows, op.m);
}

void Lowering::prepend(std::size_t kernel, std::uint64_t item) {
    const Operation& op = operation(kernel);
    const View out = rows_of(fused.kernels[kernel].output, item, op.batch, op.m);
    View first = out, rest = out;
    first.block.rows.count = 1;
    rest.block.rows = {out.block.rows.first + 1, op.m - 1};
    vector_rows(kernel, item, {{rows_of(op.inputs[1], 0, 1, 1)}, {}, first});
    vector_rows(kernel, item, {{rows_of(op.inputs[0], item, op.batch, op.m - 1)}, {}, rest});
}

void Lowering::vector_rows(std::size_t kernel, std::uint64_t item, const VectorViews& work) {
    const OperationId id = charged(kernel);
    const Operation& op = operation(kernel);
    const std::vector<View>&operands = work.operands, &vectors = work.vectors;
    const View& out = work.out;
    const bool one_a_row = reduces(op.kind);  // the output is one row
    const std::uint64_t height = one_a_row ? op.m : out.block.rows.count;
    for (const View& view : operands) emitter.pin(*view.matrix);
    for (const View& view : vectors) emitter.pin(*view.matrix);
    emitter.pin(*out.matrix);

    place_output(*out.matrix);
    Parameters params = parameters(vectors, id);
    std::vector<std::size_t> slots = temporaries(op);
    // Normalised values may replace the input when nothing else reads it and it is in vector format.
    const bool in_place = is_norm(op.kind) && !slots.empty() && fused.wide[operands[0].matrix->tensor] &&
                          operands[0].matrix->uses_left == 1 && !operands[0].matrix->in_dram;
    if (in_place) slots.clear();
    // Without operands the results are zeros.
    const std::uint32_t program = operands.empty()
                                      ? program_of(3 * (kernel + fused.kernels.size()), zero_program(id))
                                      : program_of(2 * kernel + (in_place ? 1 : 0) + fused.kernels.size(),
                                                   program_of_kernel(kernel, in_place));
    const Layout wide = Layout::row_major(height, op.n, op.n, *machine.vector);

    // Bytes a row takes in staging areas; two areas each, so that DMA and vector unit overlap.
    std::uint64_t row_bytes = 0, areas = 0;
    const auto staged = [](const View& view) { return !view.matrix->resident(); };
    const auto row_of = [](const Layout& layout) { return ceil_div(layout.bytes(), layout.rows()) + 1; };
    for (const View& view : operands)
        if (staged(view)) row_bytes += 2 * row_of(view.matrix->layout), areas += 2;
    if (staged(out)) row_bytes += one_a_row ? 8 : 2 * row_of(out.matrix->layout), areas += 2;
    row_bytes += slots.size() * row_of(wide), areas += slots.size();
    const std::uint64_t rows = rows_at_once(height, row_bytes, areas);
    KernelChoice& choice = choices[kernel];
    choice.output_resident = out.matrix->resident();

    std::vector<View> views = operands;
    if (!one_a_row) views.push_back(out);
    std::vector<RowRange> blocks;
    std::uint64_t tallest = 0;
    for (std::uint64_t first = 0; first < height; first += blocks.back().count) {
        blocks.push_back({first, rows_of_whole_blocks(views, first, rows, height)});
        tallest = std::max(tallest, blocks.back().count);
    }
    choice.row_block = std::max(choice.row_block, tallest);
    const auto part = [&](const View& view, const RowRange& block) {
        return Block{{view.block.rows.first + block.first, block.count}, view.block.columns};
    };
    const auto result_part = [&](const RowRange& block) {
        return one_a_row ? Block{{0, 1}, {block.first, block.count}} : part(out, block);
    };
    // An encoder of blocks along the rows goes down one tile column after another (docs/hardware/codec.md).
    const std::uint64_t tile = out.matrix->layout.grid().along_rows ? machine.cols : 0;
    const auto pieces_of = [&](VectorOperand& operand, const Layout& layout, Address base,
                               const Block& block) {
        operand.sram = tile > 0 ? layout.tiles(base, block.rows, block.columns, tile)
                                : layout.strips(base, block.rows, block.columns);
        operand.block_scales = layout.scales(base, block.rows, block.columns);
    };
    std::vector<std::optional<StagedBlocks>> rings(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (!staged(operands[i])) continue;
        std::vector<Block> sequence;
        for (const RowRange& block : blocks) sequence.push_back(part(operands[i], block));
        rings[i].emplace(emitter, *operands[i].matrix, std::move(sequence), 2, tallest,
                         operands[i].matrix->layout.cols(), id);
    }
    std::vector<StagingArea> out_areas;
    if (staged(out)) {
        std::uint64_t bytes = 0;
        for (const RowRange& block : blocks) {
            const Block target = result_part(block);
            bytes = std::max(bytes, out.matrix->layout.part(target.rows, target.columns).bytes());
        }
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(2, blocks.size()); ++i)
            out_areas.push_back(emitter.staging_area(bytes, id));
    }
    std::vector<MemorySpace::Region> scratch;
    for (std::size_t i = 0; i < slots.size(); ++i)
        scratch.push_back(emitter.reserve(wide.part({0, tallest}, {0, op.n}).bytes(), id));

    Needs last;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        VectorCommand command;
        command.program = program;
        command.rows = static_cast<std::uint32_t>(blocks[b].count);
        command.columns = static_cast<std::uint32_t>(op.n);
        Needs needs = params.ready;
        command.parameters = slice(params, 0, std::min(op.n, params.columns));
        // Counted in the output, in which all operations of a pass agree.
        const bool own = graph.tensors[out.matrix->tensor].batch == op.batch;
        command.part = one_a_row ? part_of(0, 0, blocks[b].first)
                                 : part_of(own ? item : 0, out.block.rows.first + blocks[b].first, 0);
        for (std::size_t i = 0; i < operands.size(); ++i) {
            const Block block = part(operands[i], blocks[b]);
            const Matrix& matrix = *operands[i].matrix;
            VectorOperand& operand = command.operands.at(i);
            describe(operand, matrix, tile > 0 ? tile : matrix.layout.piece_columns());
            if (rings[i]) {
                rings[i]->go_to(block);
                rings[i]->load_ahead();
                operand.sram = rings[i]->strips(block, tile);
                operand.block_scales = rings[i]->scales(block);
                needs.merge(rings[i]->ready(block));
            } else {
                pieces_of(operand, matrix.layout, matrix.sram->base, block);
                needs.merge(matrix.sram_ready);
            }
        }
        for (std::size_t i = 0; i < slots.size(); ++i) {
            const Layout layout = wide.part({0, command.rows}, {0, op.n});
            VectorOperand& temporary = command.operands.at(slots[i]);
            temporary.bits = static_cast<std::uint16_t>(layout.format().bits);
            temporary.sram = layout.strips(scratch[i].base, {0, command.rows}, {0, op.n});
            needs.merge(scratch[i].free_after);
        }
        const Block target = result_part(blocks[b]);
        describe(command.output, *out.matrix, tile > 0 ? tile : out.matrix->layout.piece_columns());
        const std::size_t area = out_areas.empty() ? 0 : b % out_areas.size();
        Pieces written;  // as a DMA takes them
        if (out_areas.empty()) {
            pieces_of(command.output, out.matrix->layout, out.matrix->sram->base, target);
            needs.merge(out.matrix->sram->free_after);
        } else {
            const Layout packed = out.matrix->layout.part(target.rows, target.columns);
            pieces_of(command.output, packed, out_areas[area].region.base, all_of(packed));
            written = packed.pieces(out_areas[area].region.base, all_of(packed).rows, all_of(packed).columns);
            needs.merge(out_areas[area].free);
        }
        const std::uint32_t sequence = emitter.emit(Engine::vector, id, needs, command);
        last.after(Engine::vector, sequence);
        for (std::size_t i = 0; i < operands.size(); ++i) {
            if (rings[i])
                rings[i]->read_by(Engine::vector, sequence);
            else
                operands[i].matrix->readers.after(Engine::vector, sequence);
        }
        if (out_areas.empty()) {
            stored(*out.matrix, target, sequence);
        } else {
            Needs done;
            done.after(Engine::vector, sequence);
            const std::uint32_t store = emitter.store(*out.matrix, target, written, done, id);
            out_areas[area].free = {};
            out_areas[area].free.after(Engine::store, store);
        }
    }
    for (auto& ring : rings)
        if (ring) ring->finish(false);
    emitter.release(out_areas);
    for (const MemorySpace::Region& region : scratch) placement.sram().release(region, last);
    release(params, last);
    for (const View& view : operands) placement.used(*view.matrix);
    for (const View& view : vectors) placement.used(*view.matrix);
}

}  // namespace octet
