#include "sim/lower/lowering.h"
#include "sim/lower/vector_programs.h"

namespace octet {

ProductViews Lowering::product_views(std::size_t kernel, std::uint64_t item) {
    const Kernel& fused_here = fused.kernels[kernel];
    const OperationId id = fused_here.operation;
    const Operation& op = graph.operations[id];
    ProductViews views;
    views.second_turned = op.transpose_b != placement.matrix(op.inputs[1], 0).transposed;
    views.first_turned = op.transpose_a;
    views.first = op.transpose_a ? block_of(op.inputs[0], op, item, op.a_blocks, op.k, op.m, op.of)
                                 : block_of(op.inputs[0], op, item, op.a_blocks, op.m, op.k, op.of);
    views.second = views.second_turned ? block_of(op.inputs[1], op, item, op.b_blocks, op.n, op.k, op.of)
                                       : block_of(op.inputs[1], op, item, op.b_blocks, op.k, op.n, op.of);
    views.out = block_of(fused_here.output, op, item, op.out_blocks, op.m, op.n);
    TensorId stream = op.output;  // what one operation passes on to the next
    if (op.has_bias) views.parameters.push_back(rows_of(op.inputs[2], 0, 1, 1));
    for (OperationId f : fused_here.fused) {
        const Operation& operation = graph.operations[f];
        if (operation.kind == OperationKind::add)
            views.residual =
                block_of(operation.inputs[0] == stream ? operation.inputs[1] : operation.inputs[0], op, item,
                         op.out_blocks, op.m, op.n);
        for (std::size_t i = 1; i < operation.inputs.size(); ++i)
            if (is_parameter(graph, operation, i))
                views.parameters.push_back(rows_of(operation.inputs[i], item, op.batch, 1));
        stream = operation.output;
    }
    const auto scaled = [&](const View& view) {
        return view.matrix->layout.format().tensor_scale != nullptr ||
               graph.tensors[view.matrix->tensor].scaled;
    };
    const int factors = (scaled(views.first) || scaled(views.second) ? 1 : 0) +
                        (has_line_scales(*views.first.matrix) ? 1 : 0) +
                        (has_line_scales(*views.second.matrix) ? 1 : 0);
    VectorProgram program = epilogue_program(id, graph, fused_here.fused, factors);
    program.encoded_later = fused_here.encoded_later;
    views.program = program_of(kernel, std::move(program));
    for (const View* view : {&views.first, &views.second, &views.out, &views.residual})
        if (view->matrix != nullptr) emitter.pin(*view->matrix);
    for (const View& view : views.parameters) emitter.pin(*view.matrix);
    return views;
}

}  // namespace octet
