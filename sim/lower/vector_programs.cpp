#include "sim/lower/vector_programs.h"

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

bool needs_temporary(const Operation& operation) {
    return operation.kind == OperationKind::layernorm || operation.kind == OperationKind::rmsnorm;
}

namespace {

std::vector<VectorPass> passes_of(OperationId id, const Graph& graph, bool in_place) {
    const Operation& operation = graph.operations[id];
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
            return {writing(pass(id, {}, {}, 1))};
        case OperationKind::mask:
            if (!is_parameter(graph, operation, 1)) return {writing(pass(id, {vector_add}, {}, 3))};
            return {writing(with_parameters(pass(id, {vector_add}, {}, 1)))};
        case OperationKind::add:
        case OperationKind::multiply:
            return {writing(pass(id, {elementwise(operation)}, {}, 3))};
        default:
            return {writing(pass(id, {elementwise(operation)}, {}, 1))};
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
            step(VectorFunction::softmax);
            if (operation.causal)
                steps.back().mask = {static_cast<std::uint32_t>(operation.m),
                                     static_cast<std::uint32_t>(operation.causal->offset),
                                     static_cast<std::uint32_t>(operation.causal->window)};
            return;
        case OperationKind::layernorm:
            return step(VectorFunction::layernorm, 0, operation.epsilon);
        case OperationKind::rmsnorm:
            return step(VectorFunction::rmsnorm, 0, operation.epsilon);
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
            return step(VectorFunction::multiply_operand, 1);
        case OperationKind::relu:
            return step(VectorFunction::relu);
        case OperationKind::gelu:
            return step(VectorFunction::gelu);
        case OperationKind::silu:
            return step(VectorFunction::silu);
        case OperationKind::tanh:
            return step(VectorFunction::tanh);
        case OperationKind::sigmoid:
            return step(VectorFunction::sigmoid);
        case OperationKind::gelu_tanh:
            return step(VectorFunction::gelu_tanh);
        case OperationKind::gelu_sigmoid:
            return step(VectorFunction::gelu_sigmoid);
        case OperationKind::hgelu:
            return step(VectorFunction::hgelu);
        default:  // rows that are moved
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

RopePrograms rope_programs(OperationId id) {
    constexpr std::uint8_t half_and_angles = 0b011, and_product = 0b111;
    const VectorStep take{VectorFunction::take, id}, turn{VectorFunction::multiply_operand, id, 1};
    RopePrograms programs;
    programs.products = {{writing(pass(id, {vector_multiply}, {}, half_and_angles))}, {take, turn}};
    programs.products.encoded_later = true;
    for (const bool second : {false, true})
        programs.halves.at(second) = {
            {writing(pass(id, {vector_multiply, vector_add}, {}, and_product))},
            {take, turn, {second ? VectorFunction::add_operand : VectorFunction::subtract_operand, id, 2}}};
    return programs;
}

VectorProgram encoder_program(OperationId charged, OperationId result) {
    return {{writing(pass(charged, {}, {}, 1))}, {{VectorFunction::take, result, 0, 0}}};
}

VectorProgram epilogue_program(OperationId product, const Graph& graph, const std::vector<OperationId>& fused,
                               bool scaled) {
    VectorPass p = writing({});
    if (scaled) p.stages.push_back({vector_multiply, product, false});
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

}  // namespace octet
