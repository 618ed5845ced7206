// Rotary embedding, head by head, as commands: each half of a head from products with sines and cosines.
#include <algorithm>
#include <array>

#include "sim/lower/lowering.h"
#include "sim/lower/vector_programs.h"

namespace octet {
namespace {

// Something that is read by blocks of rows: in SRAM, or in areas that are filled ahead.
struct Source {
    const View& view;
    std::optional<StagedBlocks> ring{};
};

Block rows_of_view(const View& view, const RowRange& rows) {
    return {{view.block.rows.first + rows.first, rows.count}, view.block.columns};
}

}  // namespace

void Lowering::rope(std::size_t kernel, std::uint64_t item) {
    const Kernel& work = fused.kernels[kernel];
    const OperationId id = charged(kernel);
    const Operation& op = operation(kernel);
    const std::uint64_t half = op.n / 2;
    const View x = block_of(op.inputs[0], op, item, op.a_blocks, op.m, op.n);
    const View angles = rows_of(op.inputs[1], 0, 1, op.m);
    const View out = block_of(work.output, op, item, op.out_blocks, op.m, op.n);
    for (const View* view : {&x, &angles, &out}) emitter.pin(*view->matrix);
    place_output(*out.matrix);
    // All heads read the angles: they stay in SRAM if they fit.
    if (angles.matrix->uses_left > 1) emitter.load_whole(*angles.matrix, spare_bytes(), id);

    const std::size_t key = 3 * (kernel + fused.kernels.size());  // behind those of all other kernels
    RopePrograms of_rope = rope_programs(id, op.inverse);
    const std::uint32_t products = program_of(key, std::move(of_rope.products));
    std::array<std::uint32_t, 2> halves{};
    for (std::size_t k = 0; k < 2; ++k) {
        of_rope.halves.at(k).encoded_later = work.encoded_later;
        halves.at(k) = program_of(key + 1 + k, std::move(of_rope.halves.at(k)));
    }

    const Layout wide = Layout::panels(op.m, op.n, half, *machine.vector);
    std::array<Source, 2> sources{{{x}, {angles}}};
    std::uint64_t row_bytes = wide.row_bytes(op.n), areas = 1;
    const bool out_staged = !out.matrix->resident();
    for (const View* view : {&x, &angles, &out})
        if (!view->matrix->resident()) row_bytes += 2 * view->matrix->layout.most_bytes(1, op.n), areas += 2;
    const std::uint64_t most = rows_at_once(op.m, row_bytes, areas);
    std::vector<RowRange> blocks;
    std::uint64_t tallest = 0;
    for (std::uint64_t first = 0; first < op.m; first += blocks.back().count) {
        blocks.push_back({first, rows_of_whole_blocks({x, out}, first, most, op.m)});
        tallest = std::max(tallest, blocks.back().count);
    }
    choices[kernel].row_block = tallest;
    choices[kernel].output_resident = !out_staged;

    for (Source& source : sources) {
        if (source.view.matrix->resident()) continue;
        std::vector<Block> sequence;
        for (const RowRange& block : blocks) sequence.push_back(rows_of_view(source.view, block));
        source.ring.emplace(emitter, *source.view.matrix, std::move(sequence), 2, tallest,
                            source.view.block.columns.count, id);
    }
    std::vector<StagingArea> out_areas;
    if (out_staged) {
        std::uint64_t bytes = 0;
        for (const RowRange& block : blocks) {
            const Block target = rows_of_view(out, block);
            bytes = std::max(bytes, out.matrix->layout.part(target.rows, target.columns).bytes());
        }
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(2, blocks.size()); ++i)
            out_areas.push_back(emitter.staging_area(bytes, id));
    }
    const MemorySpace::Region scratch = emitter.reserve(wide.part({0, tallest}, {0, op.n}).bytes(), id);

    Needs last;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        const RowRange& rows = blocks[b];
        const auto columns_of = [&](std::size_t k) { return ColumnRange{k * half, half}; };
        VectorCommand command;
        command.rows = static_cast<std::uint32_t>(rows.count);
        command.columns = static_cast<std::uint32_t>(half);
        for (Source& source : sources)
            if (source.ring) {
                source.ring->go_to(rows_of_view(source.view, rows));
                source.ring->load_ahead();
            }
        const auto read = [&](std::size_t slot, std::size_t k, Needs& needs) {
            Source& source = sources.at(slot);
            const Matrix& matrix = *source.view.matrix;
            Block part = rows_of_view(source.view, rows);
            part.columns = {part.columns.first + columns_of(k).first, half};
            VectorOperand& operand = command.operands.at(slot);
            describe(operand, matrix, matrix.layout.piece_columns());
            if (source.ring) {
                operand.sram = source.ring->strips(part, 0);
                operand.block_scales = source.ring->scales(part);
                needs.merge(source.ring->ready(part));
            } else {
                place(operand, matrix.layout.pieces(matrix.sram->base, part.rows, part.columns));
                needs.merge(matrix.sram_ready);
            }
        };
        const auto emit = [&](const Needs& needs) {
            const std::uint32_t sequence = emitter.emit(Engine::vector, id, needs, command);
            last.after(Engine::vector, sequence);
            for (Source& source : sources) {
                if (source.ring)
                    source.ring->read_by(Engine::vector, sequence);
                else
                    source.view.matrix->readers.after(Engine::vector, sequence);
            }
            return sequence;
        };
        const Layout temporary = wide.part({0, rows.count}, {0, op.n});
        std::array<VectorOperand, 2> product;
        std::array<std::uint32_t, 2> made{};
        command.program = products;
        for (std::size_t k = 0; k < 2; ++k) {
            product.at(k).bits = static_cast<std::uint16_t>(machine.vector->bits);
            product.at(k).sram = temporary.strips(scratch.base, {0, rows.count}, columns_of(k));
            command.output = product.at(k);
            Needs needs = scratch.free_after;
            read(0, 1 - k, needs);
            read(1, 1, needs);
            made.at(k) = emit(needs);
        }
        const std::size_t area = out_staged ? b % out_areas.size() : 0;
        const Block target = rows_of_view(out, rows);
        const Layout packed = out.matrix->layout.part(target.rows, target.columns);
        describe(command.output, *out.matrix, out.matrix->layout.piece_columns());
        std::uint32_t sequence = 0;
        for (std::size_t k = 0; k < 2; ++k) {
            command.program = halves.at(k);
            command.operands[2] = product.at(k);
            command.part = op.out_blocks > 0 ? part_of(0, target.rows.first, target.columns.first + k * half)
                                             : part_of(item, rows.first, k * half);
            Needs needs;
            needs.after(Engine::vector, made.at(k));
            read(0, k, needs);
            read(1, 0, needs);
            const Block part{target.rows, {target.columns.first + k * half, half}};
            if (out_staged) {
                place(command.output,
                      packed.pieces(out_areas[area].region.base, {0, rows.count}, columns_of(k)));
                needs.merge(out_areas[area].free);
            } else {
                place(command.output,
                      out.matrix->layout.pieces(out.matrix->sram->base, part.rows, part.columns));
                needs.merge(out.matrix->sram->free_after);
            }
            sequence = emit(needs);
            if (!out_staged) stored(*out.matrix, part, sequence);
        }
        if (!out_staged) continue;
        Needs done;
        done.after(Engine::vector, sequence);
        const Pieces written = packed.pieces(out_areas[area].region.base, {0, rows.count}, {0, op.n});
        out_areas[area].free = {};
        out_areas[area].free.after(Engine::store, emitter.store(*out.matrix, target, written, done, id));
    }
    for (Source& source : sources)
        if (source.ring) source.ring->finish(false);
    emitter.release(out_areas);
    placement.sram().release(scratch, last);
    placement.used(*x.matrix);
    placement.used(*angles.matrix);
}

}  // namespace octet
