#include "sim/lower/vector_programs.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "sim/lower/kernels.h"

namespace octet {
namespace {

using enum Action;

VectorPass pass(OperationId id, std::initializer_list<Action> each, std::initializer_list<Action> row,
                std::uint8_t reads) {
    VectorPass p;
    for (Action action : each) p.stages.push_back({action, id, false});
    for (Action action : row) p.stages.push_back({action, id, true});
    p.reads = reads;
    return p;
}

VectorPass writing(VectorPass p) {
    p.writes = true;
    return p;
}

VectorPass writing_operand(VectorPass p, int slot) {
    p.writes = true;
    p.writes_operand = static_cast<std::int8_t>(slot);
    return p;
}

VectorPass with_parameters(VectorPass p) {
    p.reads_parameters = true;
    return p;
}

VectorPass in_softmax(VectorPass p) {
    p.uses_softmax = true;
    return p;
}

// What an elementwise operation does to each value.
Action elementwise(const Operation& operation) {
    switch (operation.kind) {
        case OperationKind::scale:
        case OperationKind::multiply:
            return vector_multiply;
        case OperationKind::mask:
        case OperationKind::add:
            return vector_add;
        case OperationKind::relu:
            return vector_relu;
        case OperationKind::gelu:
        case OperationKind::silu:
        case OperationKind::tanh:
        case OperationKind::sigmoid:
        case OperationKind::gelu_tanh:
        case OperationKind::gelu_sigmoid:
        case OperationKind::hgelu:
            return vector_polynomial;
        default:
            throw std::logic_error("operation '" + operation.name + "' is not elementwise");
    }
}

}  // namespace

std::vector<std::size_t> temporaries(const Operation& operation) {
    switch (operation.kind) {
        case OperationKind::layernorm:
        case OperationKind::rmsnorm:
        case OperationKind::moment:
        case OperationKind::second_moment:
            return operation.inputs.size() > 1 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{};
        case OperationKind::activation_backward:
            if (operation.function == OperationKind::relu) return {};
            return {2};
        case OperationKind::softmax_backward:
        case OperationKind::norm_backward:
            return {2, 3};
        case OperationKind::adam:
            return {3};
        case OperationKind::clip_factor:
            return {2};
        default:
            return {};
    }
}

namespace {

// Slots, as masks of what a pass reads.
constexpr std::uint8_t slot0 = 1, slot1 = 2, slot2 = 4, slot3 = 8;

// Writes what a reduction has left in the scratch.
VectorPass row_results(OperationId id) {
    VectorPass p = writing(pass(id, {}, {}, 0));
    p.row_results = true;
    return p;
}

// A norm without parameters: its last pass writes the results.
std::vector<VectorPass> normalising_passes(OperationId id, bool has_mean) {
    if (has_mean)
        return {pass(id, {vector_reduce}, {vector_multiply}, slot0),
                pass(id, {vector_add, vector_square, vector_reduce},
                     {vector_multiply, vector_add, vector_square_root, vector_reciprocal}, slot0),
                writing(pass(id, {vector_add, vector_multiply}, {}, slot0))};
    return {pass(id, {vector_square, vector_reduce},
                 {vector_multiply, vector_add, vector_square_root, vector_reciprocal}, slot0),
            writing(pass(id, {vector_multiply}, {}, slot0))};
}

// Slot 0 the gradient, 1 the input. The input is normalised once more (slot 2); the gradient times gamma
// stays in slot 3.
std::vector<VectorPass> norm_backward_passes(OperationId id, bool has_mean) {
    std::vector<VectorPass> passes = normalising_passes(id, has_mean);
    for (VectorPass& p : passes) p.reads = slot1;
    passes.back() = writing_operand(passes.back(), 2);
    passes.push_back(writing_operand(
        with_parameters(has_mean ? pass(id, {vector_multiply, vector_reduce}, {vector_multiply}, slot0)
                                 : pass(id, {vector_multiply}, {}, slot0)),
        3));
    passes.push_back(pass(id, {vector_multiply, vector_reduce}, {vector_multiply}, slot2 | slot3));
    passes.push_back(writing_operand(has_mean ? pass(id, {vector_multiply, vector_add}, {}, slot2)
                                              : pass(id, {vector_multiply}, {}, slot2),
                                     2));
    passes.push_back(writing(pass(id, {vector_add, vector_multiply}, {}, slot2 | slot3)));
    return passes;
}

// The exponentials stay in slot 2, y * dy in slot 3.
std::vector<VectorPass> softmax_backward_passes(OperationId id, bool causal) {
    return {in_softmax(causal ? pass(id, {vector_add, vector_reduce}, {}, slot1)
                              : pass(id, {vector_reduce}, {}, slot1)),
            in_softmax(writing_operand(
                pass(id, {vector_add, softmax_exp, vector_reduce}, {softmax_reciprocal}, slot1), 2)),
            pass(id, {vector_multiply, vector_reduce}, {vector_multiply}, slot0 | slot2),
            writing_operand(pass(id, {vector_multiply, vector_multiply}, {}, slot0 | slot2), 3),
            writing(pass(id, {vector_multiply, vector_add}, {}, slot2 | slot3))};
}

std::vector<VectorPass> passes_of(OperationId id, const Graph& graph, bool in_place) {
    const Operation& operation = graph.operations[id];
    if (is_norm(operation.kind) && operation.inputs.size() == 1)
        return normalising_passes(id, operation.kind == OperationKind::layernorm);
    const int temporary = in_place ? 0 : 2;
    const auto normalised = static_cast<std::uint8_t>(1U << temporary);
    switch (operation.kind) {
        case OperationKind::layernorm:
            return {pass(id, {vector_reduce}, {vector_multiply}, 1),
                    pass(id, {vector_add, vector_square, vector_reduce},
                         {vector_multiply, vector_add, vector_square_root, vector_reciprocal}, 1),
                    writing_operand(pass(id, {vector_add, vector_multiply}, {}, 1), temporary),
                    writing(with_parameters(pass(id, {vector_multiply, vector_add}, {}, normalised)))};
        case OperationKind::rmsnorm:
            return {pass(id, {vector_square, vector_reduce},
                         {vector_multiply, vector_add, vector_square_root, vector_reciprocal}, 1),
                    writing_operand(pass(id, {vector_multiply}, {}, 1), temporary),
                    writing(with_parameters(pass(id, {vector_multiply}, {}, normalised)))};
        case OperationKind::nonorm:
            return {writing(with_parameters(pass(id, {vector_multiply, vector_add}, {}, 1)))};
        case OperationKind::softmax:
            return {in_softmax(operation.causal ? pass(id, {vector_add, vector_reduce}, {}, 1)
                                                : pass(id, {vector_reduce}, {}, 1)),
                    in_softmax(pass(id, {vector_add, softmax_exp, vector_reduce}, {softmax_reciprocal}, 1)),
                    in_softmax(writing(pass(id, {vector_add, softmax_exp, vector_multiply}, {}, 1)))};
        case OperationKind::embedding: {
            // Word and position are operands, the token type (one row) is a parameter.
            const std::size_t tables = operation.inputs.size();
            if (tables == 1) return {writing(pass(id, {}, {}, 1))};
            if (tables == 2) return {writing(pass(id, {vector_add}, {}, 3))};
            return {writing(with_parameters(pass(id, {vector_add, vector_add}, {}, 3)))};
        }
        case OperationKind::position: {
            const VectorPass rows = writing(pass(id, {vector_add}, {}, 3));
            if (operation.inputs.size() == 2) return {rows};
            return {writing(with_parameters(pass(id, {vector_add, vector_add}, {}, 3)))};
        }
        case OperationKind::copy:
        case OperationKind::prepend:
        case OperationKind::windows:
            return {writing(pass(id, {}, {}, 1))};
        case OperationKind::mask:
            if (!is_parameter(graph, operation, 1)) return {writing(pass(id, {vector_add}, {}, 3))};
            return {writing(with_parameters(pass(id, {vector_add}, {}, 1)))};
        case OperationKind::multiply:
            if (is_parameter(graph, operation, 1))
                return {writing(with_parameters(pass(id, {vector_multiply}, {}, slot0)))};
            return {writing(pass(id, {vector_multiply}, {}, slot0 | slot1))};
        case OperationKind::add:
            return {writing(pass(id, {vector_add}, {}, slot0 | slot1))};
        case OperationKind::spread:
            return {writing(pass(id, {}, {}, slot0))};
        case OperationKind::softmax_backward:
            return softmax_backward_passes(id, operation.causal.has_value());
        case OperationKind::norm_backward:
            return norm_backward_passes(id, operation.function == OperationKind::layernorm);
        case OperationKind::activation_backward:
            if (operation.function == OperationKind::relu)
                return {writing(pass(id, {vector_compare}, {}, slot0 | slot1))};
            return {writing_operand(pass(id, {vector_polynomial}, {}, slot1), 2),
                    writing(pass(id, {vector_multiply}, {}, slot0 | slot2))};
        case OperationKind::axpy:
            return {writing(pass(id, {vector_multiply, vector_add}, {}, slot0 | slot1))};
        case OperationKind::moment:
            return {writing_operand(pass(id, {vector_multiply}, {}, slot1), 2),
                    writing(pass(id, {vector_multiply, vector_add}, {}, slot0 | slot2))};
        case OperationKind::second_moment:
            return {writing_operand(pass(id, {vector_multiply, vector_square}, {}, slot1), 2),
                    writing(pass(id, {vector_multiply, vector_add}, {}, slot0 | slot2))};
        case OperationKind::adam:
            return {writing_operand(pass(id, {vector_square_root}, {}, slot2), 3),
                    writing_operand(pass(id, {vector_add, vector_divide}, {}, slot1 | slot3), 3),
                    writing_operand(pass(id, {vector_multiply}, {}, slot3), 3),
                    writing(pass(id, {vector_multiply, vector_add}, {}, slot0 | slot3))};
        case OperationKind::row_squares:
            return {pass(id, {vector_square, vector_reduce}, {}, slot0), row_results(id)};
        case OperationKind::row_sums:
            return {pass(id, {vector_reduce}, {}, slot0), row_results(id)};
        case OperationKind::distance_sums: {
            VectorPass sums = pass(id, {vector_reduce}, {}, slot0), results = row_results(id);
            sums.results = results.results = static_cast<std::uint32_t>(graph.tensors[operation.output].cols);
            return {sums, results};
        }
        case OperationKind::clip_factor:
            return {writing_operand(pass(id, {vector_square_root}, {}, slot0), 2),
                    writing(pass(id, {vector_compare, vector_divide}, {}, slot2))};
        case OperationKind::rescale:
            return {writing(with_parameters(pass(id, {vector_multiply}, {}, slot0)))};
        default:
            return {writing(pass(id, {elementwise(operation)}, {}, 1))};
    }
}

VectorFunction function_of(OperationKind kind) {
    switch (kind) {
        case OperationKind::layernorm:
            return VectorFunction::layernorm;
        case OperationKind::rmsnorm:
            return VectorFunction::rmsnorm;
        case OperationKind::relu:
            return VectorFunction::relu;
        case OperationKind::gelu:
            return VectorFunction::gelu;
        case OperationKind::silu:
            return VectorFunction::silu;
        case OperationKind::tanh:
            return VectorFunction::tanh;
        case OperationKind::sigmoid:
            return VectorFunction::sigmoid;
        case OperationKind::gelu_tanh:
            return VectorFunction::gelu_tanh;
        case OperationKind::gelu_sigmoid:
            return VectorFunction::gelu_sigmoid;
        case OperationKind::hgelu:
            return VectorFunction::hgelu;
        default:
            throw std::logic_error("an operation that is no function of the vector unit");
    }
}

// What an operation that stands alone computes, after v has been taken from operand 0.
void append_steps(std::vector<VectorStep>& steps, OperationId id, const Graph& graph) {
    const Operation& operation = graph.operations[id];
    const auto step = [&](VectorFunction function, int index = 0, double constant = 0) {
        steps.push_back({function, id, static_cast<std::uint8_t>(index), constant});
    };
    switch (operation.kind) {
        case OperationKind::softmax:
        case OperationKind::softmax_backward:
            step(operation.kind == OperationKind::softmax ? VectorFunction::softmax
                                                          : VectorFunction::softmax_backward);
            if (operation.causal)
                steps.back().mask = {static_cast<std::uint32_t>(operation.m),
                                     static_cast<std::uint32_t>(operation.causal->offset),
                                     static_cast<std::uint32_t>(operation.causal->window)};
            return;
        case OperationKind::layernorm:
        case OperationKind::rmsnorm:
            step(operation.inputs.size() == 1 ? VectorFunction::normalise : function_of(operation.kind), 0,
                 operation.epsilon);
            steps.back().of = function_of(operation.kind);
            return;
        case OperationKind::nonorm:
            return step(VectorFunction::nonorm);
        case OperationKind::embedding:
            if (operation.inputs.size() > 1) step(VectorFunction::add_operand, 1);
            if (operation.inputs.size() > 2) step(VectorFunction::add_parameter);
            return;
        case OperationKind::position:
            step(VectorFunction::add_operand, 1);
            if (operation.inputs.size() > 2) step(VectorFunction::add_parameter);
            return;
        case OperationKind::scale:
            return step(VectorFunction::scale, 0, operation.factor);
        case OperationKind::mask:
            return is_parameter(graph, operation, 1) ? step(VectorFunction::add_parameter)
                                                     : step(VectorFunction::add_operand, 1);
        case OperationKind::add:
            return step(VectorFunction::add_operand, 1);
        case OperationKind::multiply:
            return is_parameter(graph, operation, 1) ? step(VectorFunction::multiply_parameter)
                                                     : step(VectorFunction::multiply_operand, 1);
        case OperationKind::activation_backward:
            step(VectorFunction::slope, 1);
            steps.back().of = function_of(operation.function);
            return;
        case OperationKind::norm_backward:
            step(VectorFunction::norm_backward, 0, operation.epsilon);
            steps.back().of = function_of(operation.function);
            return;
        case OperationKind::axpy:
            step(VectorFunction::axpy, 1, operation.factor);
            steps.back().rounding = operation.rounding;
            return;
        case OperationKind::moment:
            return step(VectorFunction::moment, 1, operation.factor);
        case OperationKind::second_moment:
            return step(VectorFunction::second_moment, 1, operation.factor);
        case OperationKind::adam:
            step(VectorFunction::adam, 1, operation.factor);
            steps.back().epsilon = operation.epsilon;
            steps.back().decay = operation.decay;
            return;
        case OperationKind::row_squares:
            return step(VectorFunction::row_squares);
        case OperationKind::row_sums:
            return step(VectorFunction::row_sums);
        case OperationKind::distance_sums:
            step(VectorFunction::distance_sums);
            steps.back().mask.rows = static_cast<std::uint32_t>(operation.m);
            steps.back().buckets = static_cast<std::uint32_t>(graph.tensors[operation.output].cols);
            steps.back().one_way = operation.causal.has_value();
            return;
        case OperationKind::clip_factor:
            return step(VectorFunction::clip_factor, 0, operation.factor);
        case OperationKind::rescale:
            return step(VectorFunction::multiply_parameter);
        default:  // rows that are moved
            if (is_activation(operation.kind)) step(function_of(operation.kind));
            return;
    }
}

// Operations that join a pass: their stages and steps, in order. `parameters`: vectors read so far.
void append_fused(VectorPass& pass, std::vector<VectorStep>& steps, const Graph& graph,
                  const std::vector<OperationId>& fused, std::uint8_t parameters) {
    for (OperationId id : fused) {
        const Operation& operation = graph.operations[id];
        if (operation.kind == OperationKind::nonorm) {
            pass.stages.push_back({vector_multiply, id, false});
            pass.stages.push_back({vector_add, id, false});
            pass.reads_parameters = true;
            steps.push_back({VectorFunction::nonorm, id, parameters, 0});
            parameters += 2;
            continue;
        }
        pass.stages.push_back({elementwise(operation), id, false});
        if (operation.kind == OperationKind::mask) {
            pass.reads_parameters = true;
            steps.push_back({VectorFunction::add_parameter, id, parameters++, 0});
        } else if (operation.kind == OperationKind::add) {
            pass.reads = 1;
            steps.push_back({VectorFunction::add_operand, id, 0, 0});
        } else {
            append_steps(steps, id, graph);
        }
    }
}

}  // namespace

VectorProgram vector_program(OperationId id, const Graph& graph, bool in_place,
                             const std::vector<OperationId>& fused) {
    VectorProgram program{passes_of(id, graph, in_place), {{VectorFunction::take, id, 0, 0}}};
    append_steps(program.steps, id, graph);
    std::uint8_t parameters = 0;
    for (std::size_t i = 0; i < graph.operations[id].inputs.size(); ++i)
        if (is_parameter(graph, graph.operations[id], i)) ++parameters;
    append_fused(program.passes.back(), program.steps, graph, fused, parameters);
    return program;
}

RopePrograms rope_programs(OperationId id, bool inverse) {
    constexpr std::uint8_t half_and_angles = 0b011, and_product = 0b111;
    const VectorStep take{VectorFunction::take, id}, turn{VectorFunction::multiply_operand, id, 1};
    RopePrograms programs;
    programs.products = {{writing(pass(id, {vector_multiply}, {}, half_and_angles))}, {take, turn}};
    programs.products.encoded_later = true;
    for (const bool second : {false, true})
        programs.halves.at(second) = {
            {writing(pass(id, {vector_multiply, vector_add}, {}, and_product))},
            {take,
             turn,
             {second != inverse ? VectorFunction::add_operand : VectorFunction::subtract_operand, id, 2}}};
    return programs;
}

VectorProgram zero_program(OperationId id) {
    return {{writing(pass(id, {}, {}, 0))}, {{VectorFunction::zero, id}}};
}

VectorProgram copy_program(OperationId id) {
    return {{writing(pass(id, {}, {}, slot0))}, {{VectorFunction::take, id}}};
}

VectorProgram sum_program(OperationId id, bool partial) {
    VectorProgram program{{writing(pass(id, {vector_add}, {}, slot0 | slot1))},
                          {{VectorFunction::take, id}, {VectorFunction::add_operand, id, 1}}};
    program.encoded_later = partial;
    return program;
}

VectorProgram encoder_program(OperationId charged, OperationId result) {
    return {{writing(pass(charged, {}, {}, 1))}, {{VectorFunction::take, result, 0, 0}}};
}

VectorProgram epilogue_program(OperationId product, const Graph& graph, const std::vector<OperationId>& fused,
                               int factors) {
    VectorPass p = writing({});
    for (int i = 0; i < factors; ++i) p.stages.push_back({vector_multiply, product, false});
    std::vector<VectorStep> steps{{VectorFunction::take, product, 0, 0}};
    std::uint8_t parameters = 0;
    if (graph.operations[product].has_bias) {
        p.stages.push_back({vector_add, product, false});
        p.reads_parameters = true;
        steps.push_back({VectorFunction::add_parameter, product, parameters++, 0});
    }
    append_fused(p, steps, graph, fused, parameters);
    return {{p}, std::move(steps)};
}

namespace {

// A digit of a root or a quotient takes a stage: 32 cycles. The root is that of the sum of squares itself;
// there is no mean of them and no epsilon.
constexpr std::uint8_t digits = 32;

void in_integers(VectorPass& pass, OperationId layernorm) {
    std::vector<VectorStage> stages;
    const bool has_root =
        std::ranges::any_of(pass.stages, [](const VectorStage& s) { return s.action == vector_square_root; });
    for (VectorStage stage : pass.stages) {
        if (stage.operation == layernorm && stage.per_row) {
            if (has_root && (stage.action == vector_multiply || stage.action == vector_add)) continue;
            stage.action = stage.action == vector_square_root ? integer_root : integer_divide;
            pass.row_latency += digits;
        }
        stages.push_back(stage);
    }
    pass.stages = std::move(stages);
}

}  // namespace

VectorProgram with_function_units(VectorProgram program, const Graph& graph, const VectorConfig& config) {
    const auto kind = [&](const VectorStage& stage) { return graph.operations[stage.operation].kind; };
    for (VectorPass& pass : program.passes) {
        if (config.gelu == VectorFunctionUnit::ibert)
            for (VectorStage& stage : pass.stages)
                if (kind(stage) == OperationKind::gelu && stage.action == vector_polynomial)
                    stage.action = integer_gelu;
        if (config.layernorm == VectorFunctionUnit::ibert && !pass.stages.empty() &&
            kind(pass.stages.front()) == OperationKind::layernorm)
            in_integers(pass, pass.stages.front().operation);
    }
    return program;
}

}  // namespace octet
