#include "sim/lower/vector_programs.h"

#include <stdexcept>
#include <string>

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
            return vector_polynomial;
        default:
            throw std::logic_error("operation '" + operation.name + "' is not elementwise");
    }
}

}  // namespace

bool needs_temporary(const Operation& operation) {
    return operation.kind == OperationKind::layernorm || operation.kind == OperationKind::rmsnorm;
}

VectorProgram vector_program(OperationId id, const Operation& operation, bool in_place) {
    const int temporary = in_place ? 0 : 2;
    const auto normalised = static_cast<std::uint8_t>(1U << temporary);
    switch (operation.kind) {
        case OperationKind::layernorm:
            return {{pass(id, {vector_reduce}, {vector_multiply}, 1),
                     pass(id, {vector_add, vector_square, vector_reduce},
                          {vector_multiply, vector_add, vector_square_root, vector_reciprocal}, 1),
                     writing_operand(pass(id, {vector_add, vector_multiply}, {}, 1), temporary),
                     writing(with_parameters(pass(id, {vector_multiply, vector_add}, {}, normalised)))}};
        case OperationKind::rmsnorm:
            return {{pass(id, {vector_square, vector_reduce},
                          {vector_multiply, vector_add, vector_square_root, vector_reciprocal}, 1),
                     writing_operand(pass(id, {vector_multiply}, {}, 1), temporary),
                     writing(with_parameters(pass(id, {vector_multiply}, {}, normalised)))}};
        case OperationKind::nonorm:
            return {{writing(with_parameters(pass(id, {vector_multiply, vector_add}, {}, 1)))}};
        case OperationKind::softmax:
            return {{in_softmax(pass(id, {vector_reduce}, {}, 1)),
                     in_softmax(pass(id, {vector_add, softmax_exp, vector_reduce}, {softmax_reciprocal}, 1)),
                     in_softmax(writing(pass(id, {vector_add, softmax_exp, vector_multiply}, {}, 1)))}};
        case OperationKind::embedding: {
            // Word and position are operands, the token type (one row) is a parameter.
            const std::size_t tables = operation.inputs.size();
            if (tables == 1) return {{writing(pass(id, {}, {}, 1))}};
            if (tables == 2) return {{writing(pass(id, {vector_add}, {}, 3))}};
            return {{writing(with_parameters(pass(id, {vector_add, vector_add}, {}, 3)))}};
        }
        case OperationKind::copy:
            return {{writing(pass(id, {}, {}, 1))}};
        case OperationKind::mask:
            return {{writing(with_parameters(pass(id, {vector_add}, {}, 1)))}};
        case OperationKind::add:
        case OperationKind::multiply:
            return {{writing(pass(id, {elementwise(operation)}, {}, 3))}};
        default:
            return {{writing(pass(id, {elementwise(operation)}, {}, 1))}};
    }
}

VectorProgram epilogue_program(OperationId product, const Graph& graph,
                               const std::vector<OperationId>& fused) {
    VectorPass p = writing({});
    if (graph.operations[product].has_bias) {
        p.stages.push_back({vector_add, product, false});
        p.reads_parameters = true;
    }
    for (OperationId id : fused) {
        const Operation& operation = graph.operations[id];
        p.stages.push_back({elementwise(operation), id, false});
        if (operation.kind == OperationKind::mask) p.reads_parameters = true;
        if (operation.kind == OperationKind::add) p.reads = 1;
    }
    return {{p}};
}

}  // namespace octet
