#include "tests/sim/lower/hazards.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace octet::test {
namespace {

constexpr OperationId no_origin = ~OperationId{0};

std::size_t index(Engine engine) {
    return static_cast<std::size_t>(engine);
}

struct Access {
    Engine engine = Engine::load;
    std::uint32_t sequence = 0;      // 0: none
    OperationId origin = no_origin;  // the operation that computed the value, or first fetched it
};

struct Byte {
    Access writer;
    Needs readers;
};

class Examination {
  public:
    Examination(Program& program, const Graph& graph, const AcceleratorConfig& config)
        : program_(program), graph_(graph), config_(config), sram_(config.sram.capacity_kib * 1024) {
        for (auto& c : closures_) c.resize(1);
        std::map<TensorId, std::set<OperationId>> users;
        for (OperationId id = 0; id < graph.operations.size(); ++id)
            for (TensorId input : graph.operations[id].inputs) users[input].insert(program.hosts()[id]);
        std::map<TensorId, OperationId> producer;
        for (OperationId id = 0; id < graph.operations.size(); ++id)
            producer[graph.operations[id].output] = program.hosts()[id];
        related_.resize(graph.operations.size());
        for (OperationId id = 0; id < graph.operations.size(); ++id) {
            auto& related = related_[program.hosts()[id]];
            related.insert(program.hosts()[id]);
            for (TensorId input : graph.operations[id].inputs) {
                related.insert(users[input].begin(), users[input].end());
                if (producer.contains(input)) related.insert(producer[input]);
            }
        }
    }

    ProgramFacts run() {
        Command command;
        while (program_.next(command) && facts_.faults.size() < 10) one(command);
        return facts_;
    }

  private:
    void fault(const Command& command, const std::string& text) {
        if (facts_.faults.size() < 10)
            facts_.faults.push_back(fmt::format("command {} ({} of engine {}, operation {}): {}",
                                                facts_.commands, closures_[index(command.engine)].size() - 1,
                                                index(command.engine),
                                                graph_.operations[command.operation].name, text));
    }

    // Everything that has completed when the command starts.
    Needs closure(const Command& command, std::uint32_t sequence) {
        Needs result = command.needs;
        if (sequence > 1) result.merge(closures_[index(command.engine)][sequence - 1]);
        result.after(command.engine, sequence - 1);
        if (const auto* matmul = std::get_if<MatmulCommand>(&command.body)) {
            result.after(Engine::input_fill, matmul->input_fill);
            result.after(Engine::weight_fill, matmul->weight_fill);
            if (matmul->epilogue > 0) feeders_[matmul->epilogue] = sequence;
        }
        if (std::holds_alternative<EpilogueCommand>(command.body)) {
            if (!feeders_.contains(sequence)) fault(command, "no matmul command feeds this epilogue");
            result.after(Engine::array, feeders_[sequence]);
        }
        Needs all = result;
        for (std::size_t e = 0; e < engine_count; ++e) {
            if (result.done[e] >= closures_[e].size() &&
                !(e == index(command.engine) && result.done[e] == sequence))
                fault(command, fmt::format("needs command {} of engine {}, which does not come before it",
                                           result.done[e], e));
            else
                all.merge(closures_[e][result.done[e]]);
        }
        return all;
    }

    void touch(std::vector<Byte>& memory, const Command& command, std::uint32_t sequence, const Needs& before,
               const Strips& strips, bool write, bool is_dram, std::vector<OperationId>* origins = nullptr) {
        std::size_t position = 0;
        for (std::uint32_t i = 0; i < strips.count; ++i) {
            const Address first = strips.address(i), end = first + strips.size(i);
            if (end > memory.size()) {
                if (!is_dram)
                    return fault(command, fmt::format("bytes [{}, {}) lie outside of the SRAM", first, end));
                memory.resize(end + 4096);
            }
            for (Address a = first; a < end; ++a) {
                Byte& byte = memory[a];
                const auto ordered = [&](const Access& access) {
                    return access.sequence == 0 || before.done[index(access.engine)] >= access.sequence ||
                           (access.engine == command.engine && access.sequence == sequence);
                };
                if (!ordered(byte.writer))
                    return fault(
                        command,
                        fmt::format("{} byte {} before its writer {} of engine {} is known to be done",
                                    write ? "writes" : "reads", a, byte.writer.sequence,
                                    index(byte.writer.engine)));
                if (write) {
                    for (std::size_t e = 0; e < engine_count; ++e)
                        if (byte.readers.done[e] > before.done[e] && !(e == index(command.engine)))
                            return fault(command,
                                         fmt::format("overwrites byte {} (of operation {}) before its reader "
                                                     "{} of engine {} is done",
                                                     a, byte.writer.origin, byte.readers.done[e], e));
                    OperationId origin = command.operation;
                    if (origins != nullptr && (*origins)[position] != no_origin)
                        origin = (*origins)[position];
                    ++position;
                    byte = {{command.engine, sequence, origin}, {}};
                } else {
                    if (byte.writer.sequence == 0 && !is_dram)
                        return fault(command, fmt::format("reads byte {} that nothing wrote", a));
                    if (origins != nullptr)
                        origins->push_back(byte.writer.origin);
                    else if (byte.writer.origin != no_origin &&
                             !related_[command.operation].contains(byte.writer.origin))
                        return fault(command,
                                     fmt::format("reads byte {} that belongs to unrelated operation {}", a,
                                                 graph_.operations[byte.writer.origin].name));
                    byte.readers.after(command.engine, sequence);
                }
            }
        }
    }

    // Pieces whose vectors lie apart, as pieces of one vector each. `vectors(i)`: how many piece i has.
    template <class Vectors>
    static std::vector<Strips> spread(const Strips& strips, const Vectors& vectors) {
        if (strips.step == 0) return {strips};
        std::vector<Strips> result;
        for (std::uint32_t i = 0; i < strips.count; ++i) {
            const auto n = static_cast<std::uint32_t>(vectors(i));
            const std::uint32_t width = strips.size(i) / n;
            result.push_back({strips.address(i), n, width, width, strips.step, 0, 0});
        }
        return result;
    }

    void one(const Command& command) {
        ++facts_.commands;
        auto& closures = closures_[index(command.engine)];
        const auto sequence = static_cast<std::uint32_t>(closures.size());
        const Needs before = closure(command, sequence);
        closures.push_back(before);
        const auto sram = [&](const Strips& strips, bool write) {
            touch(sram_, command, sequence, before, strips, write, false);
        };
        if (const auto* dma = std::get_if<DmaCommand>(&command.body)) {
            const bool load = command.engine == Engine::load;
            if (dma->dram.total() != dma->sram.total()) fault(command, "sides differ in bytes");
            (load ? facts_.loaded : facts_.stored) += dma->dram.total();
            std::vector<OperationId> origins;  // a copy hands on whose values the bytes are
            if (load) touch(dram_, command, sequence, before, dma->dram, false, true, &origins);
            touch(sram_, command, sequence, before, dma->sram, load, false, &origins);
            if (!load) touch(dram_, command, sequence, before, dma->dram, true, true, &origins);
        } else if (const auto* fill = std::get_if<FillCommand>(&command.body)) {
            // Every piece ends with a slab of vectors_last.
            const std::uint64_t vectors =
                (fill->slabs_per_piece - 1) * std::uint64_t{fill->vectors} + fill->vectors_last;
            for (const Strips& part : spread(fill->sram, [&](std::uint32_t) { return vectors; }))
                sram(part, false);
            sram(fill->scales.strips, false);
            if (fill->slabs != (fill->across ? 1 : fill->sram.count) * fill->slabs_per_piece)
                fault(command, "pieces and slabs do not match");
        } else if (const auto* matmul = std::get_if<MatmulCommand>(&command.body)) {
            const auto rows = static_cast<std::uint64_t>(config_.array.rows),
                       cols = static_cast<std::uint64_t>(config_.array.cols);
            const std::uint64_t k = (matmul->k_tiles - 1) * rows + matmul->k_last,
                                n = (matmul->n_tiles - 1) * cols + matmul->n_last;
            facts_.macs[command.operation] += matmul->m * k * n;
            facts_.passes += std::uint64_t{matmul->k_tiles} * matmul->n_tiles;
            const auto& b = config_.buffers;
            const bool sums_stay = config_.array.dataflow == Dataflow::output_stationary;
            if ((sums_stay ? rows : std::uint64_t{matmul->m}) * matmul->k_tiles > b.input_depth)
                fault(command, "slabs exceed the input buffer");
            if (matmul->k_tiles * matmul->n_tiles * rows > b.weight_depth)
                fault(command, "tiles exceed the weight buffer");
            const bool one_chunk = matmul->first_k && matmul->last_k;
            if (sums_stay && (matmul->m > rows || (!one_chunk && matmul->n_tiles > 1)))
                fault(command, "sums exceed the array");
            if (!sums_stay &&
                matmul->m * std::uint64_t{one_chunk ? 1 : matmul->n_tiles} > b.accumulation_depth)
                fault(command, "sums exceed the accumulation buffer");
        } else if (const auto* epilogue = std::get_if<EpilogueCommand>(&command.body)) {
            const auto rows = [&](std::uint32_t) { return epilogue->m; };
            for (const Strips& part : spread(epilogue->residual.sram, rows)) sram(part, false);
            sram(epilogue->residual.block_scales.strips, false);
            sram(epilogue->parameters.sram, false);
            sram(epilogue->parameters.block_scales.strips, false);
            line_scales(
                command, epilogue->line_scales, epilogue->m,
                (epilogue->n_tiles - 1) * static_cast<std::uint64_t>(config_.array.cols) + epilogue->n_last,
                sram);
            for (const Strips& part : spread(epilogue->output.sram, rows)) sram(part, true);
            sram(epilogue->output.block_scales.strips, true);
            facts_.written[command.operation] += epilogue->output.sram.total();
        } else if (const auto* vector = std::get_if<VectorCommand>(&command.body)) {
            const auto rows = [&](std::uint32_t) { return vector->rows; };
            for (const VectorPass& pass : program_.programs()[vector->program].passes) {
                for (unsigned i = 0; i < 4; ++i)
                    if ((pass.reads >> i & 1U) != 0) {
                        if (vector->operands[i].sram.count == 0)
                            fault(command, "a pass reads an operand that is not there");
                        for (const Strips& part : spread(vector->operands[i].sram, rows)) sram(part, false);
                        sram(vector->operands[i].block_scales.strips, false);
                    }
                if (pass.reads_parameters) {
                    sram(vector->parameters.sram, false);
                    sram(vector->parameters.block_scales.strips, false);
                }
                if (pass.writes && pass.writes_operand >= 0)
                    sram(vector->operands.at(static_cast<std::size_t>(pass.writes_operand)).sram, true);
                if (pass.writes && pass.writes_operand < 0) {
                    for (const Strips& part : spread(vector->output.sram, rows)) sram(part, true);
                    sram(vector->output.block_scales.strips, true);
                }
            }
            facts_.written[command.operation] += vector->output.sram.total();
        } else if (const auto* product = std::get_if<MatvecCommand>(&command.body)) {
            one_vector(command, *product, sram);
        }
    }

    // Of products in int8_vector: four bytes a row and a column of the results.
    template <class Sram>
    void line_scales(const Command& command, const LineScales& scales, std::uint64_t rows,
                     std::uint64_t columns, const Sram& sram) {
        sram(scales.rows, false);
        sram(scales.columns, false);
        const Operation& op = graph_.operations[command.operation];
        const auto in_lines = [&](TensorId id) {
            return graph_.tensors[id].use == FormatUse::quantized &&
                   config_.formats[FormatUse::quantized] == "int8_vector";
        };
        if (scales.rows.total() != (in_lines(op.inputs[0]) ? 4 * rows : 0) ||
            scales.columns.total() != (in_lines(op.inputs[1]) ? 4 * columns : 0))
            fault(command, "scales of lines are not those of the results");
    }

    template <class Sram>
    void one_vector(const Command& command, const MatvecCommand& c, const Sram& sram) {
        facts_.macs[command.operation] += std::uint64_t{c.rows} * c.columns;
        if (c.results() > config_.buffers.accumulation_depth * static_cast<std::uint64_t>(config_.array.cols))
            fault(command, "sums exceed the accumulation buffer");
        if (c.matrix.sram.count * std::uint64_t{c.matrix.piece_columns} < c.columns)
            fault(command, "pieces and columns do not match");
        const auto rows = [&](std::uint32_t) { return c.rows; };
        for (const Strips& part : spread(c.matrix.sram, rows)) sram(part, false);
        std::vector<const VectorOperand*> read{&c.input};
        if (c.last_k) read.insert(read.end(), {&c.residual, &c.parameters});
        for (const VectorOperand* operand : read) sram(operand->sram, false);
        read.push_back(&c.matrix);
        for (const VectorOperand* operand : read) sram(operand->block_scales.strips, false);
        // All parts of a reduction in a row, the first and the last marked.
        if (c.first_k == reduced_.contains(command.operation))
            fault(command, "a reduction begins twice, or goes on that has not begun");
        std::uint64_t& k = reduced_[command.operation];
        k += c.k();
        const std::uint64_t all = graph_.operations[command.operation].k;
        if (c.last_k != (k == all)) fault(command, "a reduction does not end with its last value");
        if (!c.last_k) return;
        line_scales(command, c.line_scales, 1, c.results(), sram);
        reduced_.erase(command.operation);
        sram(c.output.sram, true);
        sram(c.output.block_scales.strips, true);
        facts_.written[command.operation] += c.output.sram.total();
    }

    Program& program_;
    const Graph& graph_;
    const AcceleratorConfig& config_;
    std::vector<Byte> sram_, dram_;
    std::array<std::vector<Needs>, engine_count> closures_;
    std::map<std::uint32_t, std::uint32_t> feeders_;  // epilogue -> matmul command
    std::map<OperationId, std::uint64_t> reduced_;    // of a product on the lanes whose parts have begun
    std::vector<std::set<OperationId>> related_;
    ProgramFacts facts_;
};

}  // namespace

ProgramFacts examine(Program& program, const Graph& graph, const AcceleratorConfig& config) {
    return Examination(program, graph, config).run();
}

void expect_sound(const Graph& graph, const AcceleratorConfig& config, const std::string& what) {
    Program program(graph, config, 0);
    const auto facts = examine(program, graph, config);
    for (const auto& fault : facts.faults) ADD_FAILURE() << what << ": " << fault;
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        if (graph.operations[id].kind == OperationKind::matmul) {
            EXPECT_EQ(facts.macs.at(id), graph.operations[id].macs())
                << what << ": " << graph.operations[id].name;
        }
}

}  // namespace octet::test
