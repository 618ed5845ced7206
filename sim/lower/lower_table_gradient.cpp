// The gradient of a look-up table: for every row the sum of what came back to the tokens that took it.
#include <algorithm>
#include <stdexcept>

#include "sim/lower/lowering.h"
#include "sim/lower/vector_programs.h"

namespace octet {
namespace {

// A row of the gradient, from column `column` on.
struct Source {
    std::uint64_t row = 0, column = 0;
    friend auto operator<=>(const Source&, const Source&) = default;
};
using Sources = std::vector<Source>;

bool follows(const Sources& above, const Sources& below, std::uint64_t distance) {
    if (above.size() != below.size()) return false;
    for (std::size_t i = 0; i < above.size(); ++i)
        if (above[i].row + distance != below[i].row || above[i].column != below[i].column) return false;
    return true;
}

}  // namespace

void Lowering::table_gradient(std::size_t kernel) {
    const OperationId id = charged(kernel);
    const Operation& op = operation(kernel);
    Matrix& in = placement.matrix(op.inputs[0], 0);
    Matrix& out = placement.matrix(fused.kernels[kernel].output, 0);
    if (fused.kernels[kernel].encoded_later)
        throw std::invalid_argument("operation '" + op.name +
                                    "': a format of blocks along rows cannot be summed");
    emitter.pin(in);
    emitter.pin(out);
    place_output(out);

    std::vector<Sources> sources(op.m);  // by row of the table, in the order of tokens
    for (std::uint64_t row = 0; row < in.layout.rows(); ++row) {
        const auto add = [&](std::uint64_t token, std::uint64_t column) {
            const std::uint64_t to = op.function == OperationKind::position
                                         ? op.first + row % op.k
                                         : token_at(op.first + token, op.m);
            sources[to].push_back({row, column});
        };
        if (op.function == OperationKind::windows) {
            for (std::uint64_t part = 0; part < 3; ++part)
                if (row % op.k + part > 0)  // else before the first row of a sample
                    sources[2 * row + part - 1].push_back({row, part * op.n});
            continue;
        }
        if (op.trigram && row % op.k + 1 < op.k) add(row + 1, 0);
        add(row, op.trigram ? op.n : 0);
        if (op.trigram && row % op.k > 0) add(row - 1, 2 * op.n);
    }

    const std::size_t key = 3 * (kernel + fused.kernels.size());
    const std::uint32_t zero = program_of(key, zero_program(id)),
                        copy = program_of(key + 1, copy_program(id)),
                        partial = program_of(key + 2, sum_program(id, true)),
                        sum = program_of(2 * kernel + fused.kernels.size(), sum_program(id, false));
    const Layout wide = Layout::row_major(op.m, op.n, op.n, *machine.vector);
    const std::uint64_t in_row = in.layout.most_bytes(1, in.layout.cols()) + 1,
                        out_row = out.layout.most_bytes(1, op.n) + 1;
    const bool in_staged = !in.resident(), out_staged = !out.resident();
    const std::uint64_t most = rows_at_once(
        op.m, (in_staged ? 4 * in_row : 0) + (out_staged ? 2 * out_row : 0) + wide.row_bytes(op.n), 7);
    choices[kernel].row_block = most;
    choices[kernel].output_resident = !out_staged;

    std::vector<StagingArea> inputs, outputs;
    for (int i = 0; i < 4 && in_staged; ++i) inputs.push_back(emitter.staging_area(most * in_row, id));
    for (int i = 0; i < 2 && out_staged; ++i) outputs.push_back(emitter.staging_area(most * out_row, id));
    StagingArea held = emitter.staging_area(wide.part({0, most}, {0, op.n}).bytes(), id);  // sums
    std::size_t next_input = 0, next_output = 0;
    Needs last;

    for (std::uint64_t first = 0; first < op.m;) {
        std::uint64_t count = 1;
        const Sources& of = sources[first];
        while (first + count < op.m && count < most &&
               follows(of, sources[first + count], of.empty() ? 0 : count))
            ++count;
        VectorCommand command;
        command.rows = static_cast<std::uint32_t>(count);
        command.columns = static_cast<std::uint32_t>(op.n);
        command.part = part_of(0, first, 0);
        std::vector<StagingArea*> used;
        const auto read = [&](std::size_t slot, const Source& source, Needs& needs) {
            VectorOperand& operand = command.operands.at(slot);
            describe(operand, in, in.layout.piece_columns());
            const Block block{{source.row, count}, {0, in.layout.cols()}};
            const ColumnRange columns{source.column, op.n};
            if (!in_staged) {
                place(operand, in.layout.pieces(in.sram->base, block.rows, columns));
                return needs.merge(in.sram_ready);
            }
            StagingArea& area = inputs[next_input++ % inputs.size()];
            const Layout staged = in.layout.part(block.rows, block.columns);
            needs.after(Engine::load,
                        emitter.load(in, block, staged, block, area.region.base, area.free, id));
            place(operand, staged.pieces(area.region.base, {0, count}, columns));
            used.push_back(&area);
        };
        const auto emit = [&](const Needs& needs) {
            const std::uint32_t sequence = emitter.emit(Engine::vector, id, needs, command);
            last.after(Engine::vector, sequence);
            for (StagingArea* area : used) {
                area->free = {};
                area->free.after(Engine::vector, sequence);
            }
            used.clear();
            if (!in_staged) in.readers.after(Engine::vector, sequence);
            return sequence;
        };
        VectorOperand sums;
        sums.bits = static_cast<std::uint16_t>(machine.vector->bits);
        sums.sram = wide.part({0, count}, {0, op.n}).strips(held.region.base, {0, count}, {0, op.n});
        // All sums but the last stay here; each waits for the one before.
        for (std::size_t i = 1; i + 1 < of.size(); ++i) {
            Needs needs = held.free;
            if (i == 1)
                read(0, of[0], needs);
            else
                command.operands[0] = sums;
            read(1, of[i], needs);
            command.program = partial;
            command.output = sums;
            held.free = {};
            held.free.after(Engine::vector, emit(needs));
        }
        Needs needs;
        command.operands = {};
        if (of.size() > 2) {
            command.operands[0] = sums;
            needs.merge(held.free);
        } else if (!of.empty()) {
            read(0, of[0], needs);
        }
        if (of.size() > 1) read(1, of.back(), needs);
        command.program = of.empty() ? zero : of.size() == 1 ? copy : sum;
        const Block target{{first, count}, {0, op.n}};
        describe(command.output, out, out.layout.piece_columns());
        Pieces written;
        StagingArea* area = out_staged ? &outputs[next_output++ % outputs.size()] : nullptr;
        if (area != nullptr) {
            written = out.layout.part(target.rows, target.columns)
                          .pieces(area->region.base, {0, count}, target.columns);
            needs.merge(area->free);
        } else {
            written = out.layout.pieces(out.sram->base, target.rows, target.columns);
            needs.merge(out.sram->free_after);
        }
        place(command.output, written);
        const std::uint32_t sequence = emit(needs);
        if (of.size() > 2) held.free.after(Engine::vector, sequence);
        if (area == nullptr) {
            stored(out, target, sequence);
        } else {
            Needs done;
            done.after(Engine::vector, sequence);
            area->free = {};
            area->free.after(Engine::store, emitter.store(out, target, written, done, id));
        }
        first += count;
    }
    emitter.release(inputs);
    emitter.release(outputs);
    placement.sram().release(held.region, last);
    placement.used(in);
}

}  // namespace octet
