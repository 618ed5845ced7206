#include "sim/reference/gradients.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace octet {
namespace {

double slope(OperationKind kind, double x) {
    const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
    switch (kind) {
        case OperationKind::relu:
            return x > 0 ? 1 : 0;
        case OperationKind::gelu:
            return std::erfc(-x / std::numbers::sqrt2) / 2 +
                   x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
        case OperationKind::silu: {
            const double s = sigmoid(x);
            return s + x * s * (1 - s);
        }
        case OperationKind::tanh: {
            const double c = std::cosh(x);
            return 1 / (c * c);
        }
        case OperationKind::sigmoid:
            return sigmoid(x) * sigmoid(-x);
        case OperationKind::gelu_tanh: {
            const double k = 2 * std::sqrt(2 / std::numbers::pi);
            const double s = sigmoid(k * (x + 0.044715 * x * x * x));
            return s + x * s * (1 - s) * k * (1 + 3 * 0.044715 * x * x);
        }
        case OperationKind::gelu_sigmoid: {
            const double s = sigmoid(1.702 * x);
            return s + 1.702 * x * s * (1 - s);
        }
        case OperationKind::hgelu: {
            const double ramp = 1.702 * x + 3;
            return ramp <= 0 ? 0 : ramp >= 6 ? 1 : (ramp + 1.702 * x) / 6;
        }
        default:
            throw std::logic_error("an activation function that is not known");
    }
}

void softmax_row(const Operation& op, std::size_t row, const double* dy, const double* x, double* dx) {
    std::size_t begin = 0, end = op.n;
    if (op.causal) {
        end = row % op.m + op.causal->offset + 1;
        begin = op.causal->window == 0 || op.causal->window > end ? 0 : end - op.causal->window;
    }
    const double largest = *std::max_element(x + begin, x + end);
    double sum = 0, common = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const double e = std::exp(x[i] - largest);
        sum += e;
        common += e * dy[i];
    }
    for (std::size_t i = begin; i < end; ++i) dx[i] = std::exp(x[i] - largest) / sum * (dy[i] - common / sum);
}

void norm_row(const Operation& op, const double* dy, const double* x, const double* gamma, double* dx) {
    const auto n = static_cast<double>(op.n);
    double shift = 0, squares = 0, mean = 0, product = 0;
    if (op.function == OperationKind::layernorm) {
        for (std::size_t i = 0; i < op.n; ++i) shift += x[i];
        shift /= n;
    }
    for (std::size_t i = 0; i < op.n; ++i) squares += (x[i] - shift) * (x[i] - shift);
    const double r = 1 / std::sqrt(squares / n + op.epsilon);
    for (std::size_t i = 0; i < op.n; ++i) {
        const double g = dy[i] * gamma[i];
        mean += g;
        product += g * (x[i] - shift) * r;
    }
    mean = op.function == OperationKind::layernorm ? mean / n : 0;
    product /= n;
    for (std::size_t i = 0; i < op.n; ++i)
        dx[i] = r * (dy[i] * gamma[i] - mean - (x[i] - shift) * r * product);
}

}  // namespace

void gradient(const Operation& op, const double* dy, const double* x, const double* gamma,
              std::vector<double>& dx) {
    if (op.kind == OperationKind::activation_backward) {
        for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = dy[i] * slope(op.function, x[i]);
        return;
    }
    for (std::size_t row = 0; row < dx.size() / op.n; ++row) {
        const std::size_t at = row * op.n;
        if (op.kind == OperationKind::softmax_backward)
            softmax_row(op, row, dy + at, x + at, dx.data() + at);
        else
            norm_row(op, dy + at, x + at, gamma, dx.data() + at);
    }
}

void weight_update(const Operation& op, const double* a, const double* b, const double* c,
                   std::vector<double>& y) {
    for (std::size_t i = 0; i < y.size(); ++i) {
        switch (op.kind) {
            case OperationKind::axpy:
                y[i] = op.factor * a[i] + b[i];
                break;
            case OperationKind::moment:
                y[i] = op.factor * a[i] + (1 - op.factor) * b[i];
                break;
            case OperationKind::second_moment:
                y[i] = op.factor * a[i] + (1 - op.factor) * b[i] * b[i];
                break;
            default:
                y[i] = a[i] * op.decay - op.factor * b[i] / (std::sqrt(c[i]) + op.epsilon);
        }
    }
}

}  // namespace octet
