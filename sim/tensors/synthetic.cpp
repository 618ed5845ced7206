#include "sim/tensors/synthetic.h"

#include <cmath>
#include <numbers>

#include "sim/tensors/angles.h"
#include "sim/tensors/distance_bias.h"
#include "sim/tensors/parallel.h"
#include "sim/workload/tokens.h"

namespace octet {
namespace {

double open_unit(std::uint64_t bits) {  // in (0, 1)
    return (static_cast<double>(bits >> 11U) + 0.5) * 0x1p-53;
}

// x such that a standard normal number is below it with probability p, by Newton's method.
double normal_quantile(double p) {
    if (p > 0.5) return -normal_quantile(1 - p);
    double x = p > 0.02 ? 0 : -std::sqrt(-2 * std::log(p));  // from the side where it cannot overshoot
    for (int i = 0; i < 60; ++i) {
        const double error = std::erfc(-x / std::numbers::sqrt2) / 2 - p;
        const double slope = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
        const double next = x - error / slope;
        if (next == x || std::fabs(next - x) < 1e-15 * (1 + std::fabs(x))) break;
        x = next;
    }
    return x;
}

std::uint64_t hash(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325U;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return h;
}

// How the numbers of a source tensor are spread, by the operation that reads it first.
struct Spread {
    double mean = 0, deviation = 1;
    bool outliers = true;
};

Spread spread_of(const Operation& operation, std::size_t index) {
    switch (operation.kind) {
        case OperationKind::matmul:
            if (index == 1) return {0, 1 / std::sqrt(static_cast<double>(operation.k)), true};
            return index == 2 ? Spread{0, 0.02, false} : Spread{};
        case OperationKind::layernorm:
        case OperationKind::rmsnorm:
        case OperationKind::nonorm:
            return index == 0 ? Spread{} : Spread{index == 1 ? 1.0 : 0.0, 0.02, false};
        case OperationKind::mask:
            return index == 0 ? Spread{} : Spread{0, 0, false};
        default:
            return {};
    }
}

}  // namespace

double gaussian(std::uint64_t bits) {
    constexpr std::size_t cells = 1U << 16U;
    static const std::vector<double> quantiles = [] {
        std::vector<double> q(cells + 1);
        for (std::size_t i = 1; i < cells; ++i) q[i] = normal_quantile(static_cast<double>(i) / cells);
        return q;
    }();
    const std::size_t cell = bits >> 48U;
    if (cell == 0 || cell == cells - 1) {
        const double tail = open_unit(cell == 0 ? bits : ~bits);
        return cell == 0 ? normal_quantile(tail) : -normal_quantile(tail);
    }
    const double part = static_cast<double>(bits << 16U >> 11U) * 0x1p-53;
    return quantiles[cell] + part * (quantiles[cell + 1] - quantiles[cell]);
}

double laplace(std::uint64_t a) {
    const double u = open_unit(a) - 0.5;
    return (u < 0 ? 1 : -1) * std::log(1 - 2 * std::fabs(u)) / std::numbers::sqrt2;
}

double uniform(std::uint64_t a) {
    return (2 * open_unit(a) - 1) * std::numbers::sqrt3;
}

namespace {

void draw(const SyntheticInputs& inputs, const Spread& spread, std::uint64_t stream,
          std::vector<double>& values) {
    const bool laplacian = inputs.distribution == "laplace", flat = inputs.distribution == "uniform";
    const bool outliers = spread.outliers && inputs.outlier_rate > 0;
    const auto put = [&](std::uint64_t i, std::uint64_t bits, double x) {
        if (outliers && open_unit(scatter(~bits)) < inputs.outlier_rate) x *= inputs.outlier_scale;
        values[i] = static_cast<float>(spread.mean + spread.deviation * x);
    };
    for (std::uint64_t i = 0; i < values.size(); ++i) {
        const std::uint64_t bits = scatter(stream + i);
        put(i, bits, laplacian ? laplace(bits) : flat ? uniform(bits) : gaussian(bits));
    }
}

// Labels are drawn as tokens are, from a stream of their own.
void fill(const Tensor& tensor, std::uint64_t seed, std::vector<double>& values) {
    if (tensor.fill == TensorFill::ones) std::fill(values.begin(), values.end(), 1.0);
    if (tensor.fill != TensorFill::labels) return;
    for (std::uint64_t row = 0; row < tensor.batch * tensor.rows; ++row)
        values[row * tensor.cols + synthetic_token(scatter(seed), row, tensor.cols)] = -1;
}

}  // namespace

SourceTensors synthetic_tensors(const Graph& graph, const SyntheticInputs& inputs, std::uint64_t seed,
                                unsigned threads) {
    std::vector<Spread> spreads(graph.tensors.size());
    std::vector<bool> known(graph.tensors.size());
    std::vector<const Operation*> turned_by(graph.tensors.size());  // of a table of angles: the rope
    // What is copied as it is read stands for what it is copied from.
    std::vector<TensorId> stands_for(graph.tensors.size(), no_tensor);
    for (const Operation& operation : graph.operations)
        if (operation.kind == OperationKind::copy && graph.tensors[operation.inputs[0]].precise) {
            stands_for[operation.output] = operation.inputs[0];
            known[operation.inputs[0]] = true;
        }
    for (const Operation& operation : graph.operations) {
        if (operation.kind == OperationKind::rope) turned_by[operation.inputs[1]] = &operation;
        for (std::size_t i = 0; i < operation.inputs.size(); ++i)
            if (const TensorId id = operation.inputs[i]; !known[id]) {
                known[id] = true;
                const TensorId source = stands_for[id] == no_tensor ? id : stands_for[id];
                spreads[source] = spread_of(operation, i);
                // The second matrix of an adapter starts at 0 and stays small.
                if (graph.tensors[source].name.ends_with(".lora_b.weight")) spreads[source].deviation = 0.02;
            }
    }
    SourceTensors tensors(graph.tensors.size());
    for_each_parallel(tensors.size(), threads, [&](std::size_t id) {
        const Tensor& tensor = graph.tensors[id];
        if (tensor.role != TensorRole::weight && tensor.role != TensorRole::input) return;
        if (turned_by[id] != nullptr) {
            tensors[id] =
                angle_table(turned_by[id]->rotation, turned_by[id]->first, tensor.rows, tensor.cols);
            return;
        }
        tensors[id].resize(tensor.elements());
        if (tensor.fill != TensorFill::given) return fill(tensor, seed, tensors[id]);
        draw(inputs, spreads[id], scatter(seed + hash(tensor.name)), tensors[id]);
    });
    fill_distance_biases(graph, tensors);
    return tensors;
}

}  // namespace octet
