#include "sim/workload/clip.h"

#include <fmt/format.h>

namespace octet {
namespace {

// One value a row.
TensorId reduced(GraphBuilder& graph, std::string name, OperationKind kind, TensorId x) {
    Operation o{.name = std::move(name), .kind = kind, .inputs = {x}};
    o.m = graph[x].rows;
    o.n = graph[x].cols;
    const TensorId id = graph.append(std::move(o), 1, graph[x].rows);
    graph.make_precise(id);
    return id;
}

}  // namespace

std::vector<TensorId> clip(GraphBuilder& graph, const std::vector<TensorId>& weights,
                           const std::vector<TensorId>& gradients, double limit) {
    TensorId sum = no_tensor;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const std::string name = graph[weights[i]].name;
        TensorId squares = reduced(graph, name + ".squares", OperationKind::row_squares, gradients[i]);
        if (graph[squares].cols > 1)
            squares = reduced(graph, name + ".square_sum", OperationKind::row_sums, squares);
        if (sum != no_tensor) {
            squares = graph.elementwise(fmt::format("clip.sum{}", i), OperationKind::add, {sum, squares});
            graph.make_precise(squares);
        }
        sum = squares;
    }
    if (sum == no_tensor) return gradients;
    Operation o{.name = "clip.factor", .kind = OperationKind::clip_factor, .inputs = {sum}};
    o.factor = limit;
    const TensorId factor = graph.append(std::move(o), 1, 1);
    graph.make_precise(factor);
    std::vector<TensorId> clipped;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const Tensor gradient = graph[gradients[i]];
        Operation scaled{.name = graph[weights[i]].name + ".clipped",
                         .kind = OperationKind::rescale,
                         .inputs = {gradients[i], factor}};
        scaled.m = gradient.rows;
        scaled.n = gradient.cols;
        clipped.push_back(graph.append(std::move(scaled), gradient.rows, gradient.cols));
        graph.mark_use(clipped.back(), FormatUse::wgrad);
    }
    return clipped;
}

}  // namespace octet
