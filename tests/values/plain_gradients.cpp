#include "tests/values/plain_gradients.h"

#include <algorithm>
#include <cmath>

#include "models/arithmetic/ibert.h"
#include "models/arithmetic/posit_functions.h"

namespace octet::test {

Row plain_softmax_backward(const PlainUnit& unit, const SoftmaxConfig& config, const Row& dy, Row x,
                           const std::vector<bool>& seen) {
    const VectorMath& math = unit.math;
    const std::size_t n = x.size();
    float largest = -HUGE_VALF;
    for (std::size_t i = 0; i < n; ++i)
        if (seen[i]) largest = std::max(largest, x[i]);
    Row e(n, 0.0F), y(n), products(n), dx(n, 0.0F);
    float slope = -1;
    if (config.unit == SoftmaxUnitKind::ibert) {
        std::vector<std::int64_t> row;
        for (std::size_t i = 0; i < n; ++i)
            if (seen[i])
                row.push_back(std::llrint(std::max(-128.0, double{math.subtract(x[i], largest)}) * 256));
        std::vector<std::int64_t> out(row.size());
        ibert::softmax(row, 1.0 / 256, 16, out);
        for (std::size_t i = 0, next = 0; i < n; ++i)
            if (seen[i]) e[i] = math.round(static_cast<double>(out[next++]) / 65536);
        y = e;
    } else {
        const bool posits = config.unit == SoftmaxUnitKind::posit_approximate;
        const ApproximateExponential approximate(config.theta);
        for (std::size_t i = 0; i < n; ++i) {
            if (!seen[i]) continue;
            const float z = math.subtract(x[i], largest);
            e[i] = posits && config.exp == Approximation::approximate ? math.round(approximate(double{z}))
                                                                      : math.exponential(z);
        }
        const float s = unit.sum(e);
        float t = math.divide(1, s);
        slope = -math.multiply(t, t);
        if (posits && config.reciprocal == Approximation::approximate) {
            t = math.round(approximate_reciprocal(double{s}));
            slope = math.round(-std::exp2(-2 * std::floor(std::log2(double{s})) - 1));
        }
        for (std::size_t i = 0; i < n; ++i) y[i] = math.multiply(e[i], t);
    }
    for (std::size_t i = 0; i < n; ++i) products[i] = math.multiply(e[i], dy[i]);
    const float common = math.multiply(unit.sum(products), slope);
    for (std::size_t i = 0; i < n; ++i)
        if (seen[i]) dx[i] = math.add(math.multiply(y[i], dy[i]), math.multiply(e[i], common));
    return dx;
}

Row plain_norm_backward(const PlainUnit& unit, bool layernorm, double epsilon, const Row& dy, const Row& x,
                        const Row& gamma) {
    const VectorMath& math = unit.math;
    const std::size_t n = x.size();
    const float count = math.round(static_cast<double>(n));
    Row d = x, squares(n), normal(n), g(n), gx(n), dx(n);
    if (layernorm) {
        const float mean = math.divide(unit.sum(x), count);
        for (float& v : d) v = math.subtract(v, mean);
    }
    for (std::size_t i = 0; i < n; ++i) squares[i] = math.multiply(d[i], d[i]);
    const float r =
        math.reciprocal_square_root(math.add(math.divide(unit.sum(squares), count), math.round(epsilon)));
    for (std::size_t i = 0; i < n; ++i) {
        normal[i] = math.multiply(d[i], r);
        g[i] = math.multiply(dy[i], gamma[i]);
        gx[i] = math.multiply(g[i], normal[i]);
    }
    const float mean = math.divide(unit.sum(g), count), common = math.divide(unit.sum(gx), count);
    for (std::size_t i = 0; i < n; ++i) {
        const float along = math.multiply(normal[i], common);
        dx[i] = math.multiply(math.subtract(g[i], layernorm ? math.add(along, mean) : along), r);
    }
    return dx;
}

std::uint64_t plain_bucket(std::int64_t distance, std::uint64_t buckets, bool one_way) {
    std::uint64_t first = 0;
    if (!one_way) {
        buckets /= 2;
        if (distance > 0) first = buckets;
    }
    const std::int64_t apart = one_way ? -std::min<std::int64_t>(distance, 0) : std::abs(distance);
    const auto d = static_cast<std::uint64_t>(apart);
    if (buckets < 2) return first;
    const std::uint64_t exact = buckets / 2;
    if (d < exact) return first + d;
    const float logarithm = std::log(static_cast<float>(d) / static_cast<float>(exact)) /
                            static_cast<float>(std::log(128.0 / static_cast<double>(exact))) *
                            static_cast<float>(buckets - exact);
    return first + std::min(exact + static_cast<std::uint64_t>(logarithm), buckets - 1);
}

float plain_slope(const VectorMath& math, OperationKind function, float dy, float x) {
    switch (function) {
        case OperationKind::relu:
            return x > 0 ? dy : 0;
        case OperationKind::gelu:
            return math.multiply(dy, math.gelu_slope(x));
        case OperationKind::silu:
            return math.multiply(dy, math.silu_slope(x));
        case OperationKind::tanh:
            return math.multiply(dy, math.tanh_slope(x));
        case OperationKind::gelu_tanh:
            return math.multiply(dy, math.gelu_tanh_slope(x));
        case OperationKind::gelu_sigmoid:
            return math.multiply(dy, math.gelu_sigmoid_slope(x));
        case OperationKind::hgelu:
            return math.multiply(dy, math.hgelu_slope(x));
        default:
            return math.multiply(dy, math.sigmoid_slope(x));
    }
}

float plain_update(const VectorMath& math, const Operation& op, float a, float b, float c) {
    const float factor = math.round(op.factor);
    switch (op.kind) {
        case OperationKind::axpy:
            return math.add(math.multiply(a, factor), b);
        case OperationKind::moment:
            return math.add(math.multiply(a, factor), math.multiply(b, math.round(1 - op.factor)));
        case OperationKind::second_moment: {
            const float root = math.multiply(b, math.round(std::sqrt(1 - op.factor)));
            return math.add(math.multiply(a, factor), math.multiply(root, root));
        }
        default: {
            const float size = math.add(math.square_root(c), math.round(op.epsilon));
            return math.subtract(math.multiply(a, math.round(op.decay)),
                                 math.multiply(math.divide(b, size), factor));
        }
    }
}

}  // namespace octet::test
