#include "models/arithmetic/rows.h"

#include <bit>
#include <cmath>
#include <vector>

namespace octet {
namespace {

// 1 / sqrt(mean of squares + epsilon)
float reciprocal_deviation(const RowMath& unit, std::span<const float> row, float epsilon) {
    std::vector<float> squares;
    for (const float x : row) squares.push_back(unit.math.multiply(x, x));
    const auto count = unit.math.round(static_cast<double>(row.size()));
    const float mean = unit.math.divide(unit.math.sum(squares, unit.lanes), count);
    return unit.math.reciprocal_square_root(unit.math.add(mean, unit.math.round(epsilon)));
}

}  // namespace

float SoftmaxUnit::raise(const VectorMath& math, float z) const {
    const auto bits = std::bit_cast<std::uint32_t>(z);
    if (!exponentials.empty() && (bits & 0xffffU) == 0) return exponentials[bits >> 16U];
    return exponential ? math.round((*exponential)(z)) : math.exponential(z);
}

void SoftmaxUnit::tabulate(const VectorMath& bf16) {
    std::vector<float> table(0x10000);
    for (std::uint32_t code = 0; code < table.size(); ++code)
        table[code] = raise(bf16, std::bit_cast<float>(code << 16U));
    exponentials = std::move(table);
}

float softmax(const RowMath& unit, const SoftmaxUnit& softmax, std::span<const float> x, std::span<float> y,
              std::span<float> exponentials) {
    const VectorMath& math = unit.math;
    float largest = -HUGE_VALF;
    for (const float value : x) largest = value > largest || value != value ? value : largest;
    std::vector<float> raised;
    for (const float value : x) {
        const float z = math.subtract(value, largest);
        raised.push_back(softmax.raise(math, z));
    }
    const float sum = math.sum(raised, unit.lanes);
    const float reciprocal = softmax.approximate_reciprocal ? math.round(approximate_reciprocal(double{sum}))
                                                            : math.divide(1, sum);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = math.multiply(raised[i], reciprocal);
    if (!exponentials.empty()) std::copy(raised.begin(), raised.end(), exponentials.begin());
    return sum;
}

float softmax_slope(const RowMath& unit, const SoftmaxUnit& softmax, float sum) {
    if (softmax.approximate_reciprocal) return unit.math.round(approximate_reciprocal_slope(sum));
    const float reciprocal = unit.math.divide(1, sum);
    return -unit.math.multiply(reciprocal, reciprocal);
}

void softmax_backward(const RowMath& unit, std::span<const float> y, std::span<const float> exponentials,
                      float slope, std::span<const float> dy, std::span<float> dz) {
    const VectorMath& math = unit.math;
    std::vector<float> products;
    for (std::size_t i = 0; i < dy.size(); ++i) products.push_back(math.multiply(exponentials[i], dy[i]));
    const float common = math.multiply(slope, math.sum(products, unit.lanes));
    for (std::size_t i = 0; i < dy.size(); ++i)
        dz[i] = math.add(math.multiply(y[i], dy[i]), math.multiply(exponentials[i], common));
}

void layernorm(const RowMath& unit, std::span<const float> x, std::span<const float> gamma,
               std::span<const float> beta, float epsilon, std::span<float> y) {
    const VectorMath& math = unit.math;
    const auto count = math.round(static_cast<double>(x.size()));
    const float mean = math.divide(math.sum(x, unit.lanes), count);
    std::vector<float> centred;
    for (const float value : x) centred.push_back(math.subtract(value, mean));
    const float scale = reciprocal_deviation(unit, centred, epsilon);
    for (std::size_t i = 0; i < x.size(); ++i)
        y[i] = gamma.empty() ? math.multiply(centred[i], scale)
                             : math.add(math.multiply(math.multiply(centred[i], scale), gamma[i]), beta[i]);
}

void rmsnorm(const RowMath& unit, std::span<const float> x, std::span<const float> gamma, float epsilon,
             std::span<float> y) {
    const float scale = reciprocal_deviation(unit, x, epsilon);
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = unit.math.multiply(x[i], scale);
        if (!gamma.empty()) y[i] = unit.math.multiply(y[i], gamma[i]);
    }
}

namespace {

// `centred`: what the norm multiplied by its scale.
void norm_backward(const RowMath& unit, std::span<const float> dy, std::span<const float> centred,
                   std::span<const float> gamma, float epsilon, bool has_mean, std::span<float> dx) {
    const VectorMath& math = unit.math;
    const auto count = math.round(static_cast<double>(dy.size()));
    const float scale = reciprocal_deviation(unit, centred, epsilon);
    std::vector<float> normal, gradients, products;
    for (std::size_t i = 0; i < dy.size(); ++i) {
        normal.push_back(math.multiply(centred[i], scale));
        gradients.push_back(math.multiply(dy[i], gamma[i]));
        products.push_back(math.multiply(gradients[i], normal[i]));
    }
    const float common = math.divide(math.sum(products, unit.lanes), count);
    const float mean = has_mean ? math.divide(math.sum(gradients, unit.lanes), count) : 0;
    for (std::size_t i = 0; i < dy.size(); ++i) {
        float part = math.multiply(normal[i], common);
        if (has_mean) part = math.add(part, mean);
        dx[i] = math.multiply(math.subtract(gradients[i], part), scale);
    }
}

}  // namespace

void layernorm_backward(const RowMath& unit, std::span<const float> dy, std::span<const float> x,
                        std::span<const float> gamma, float epsilon, std::span<float> dx) {
    const auto count = unit.math.round(static_cast<double>(x.size()));
    const float mean = unit.math.divide(unit.math.sum(x, unit.lanes), count);
    std::vector<float> centred;
    for (const float value : x) centred.push_back(unit.math.subtract(value, mean));
    norm_backward(unit, dy, centred, gamma, epsilon, true, dx);
}

void rmsnorm_backward(const RowMath& unit, std::span<const float> dy, std::span<const float> x,
                      std::span<const float> gamma, float epsilon, std::span<float> dx) {
    norm_backward(unit, dy, x, gamma, epsilon, false, dx);
}

}  // namespace octet
