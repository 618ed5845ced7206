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

void softmax_backward(const RowMath& unit, std::span<const float> y, std::span<const float> exponentials,
                      float sum, std::span<const float> dy, std::span<float> dz) {
    const VectorMath& math = unit.math;
    std::vector<float> products;
    for (std::size_t i = 0; i < dy.size(); ++i) products.push_back(math.multiply(exponentials[i], dy[i]));
    const double slope = approximate_reciprocal_slope(sum);
    const float common = math.round(slope * double{math.sum(products, unit.lanes)});
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
        y[i] = math.add(math.multiply(math.multiply(centred[i], scale), gamma[i]), beta[i]);
}

void rmsnorm(const RowMath& unit, std::span<const float> x, std::span<const float> gamma, float epsilon,
             std::span<float> y) {
    const float scale = reciprocal_deviation(unit, x, epsilon);
    for (std::size_t i = 0; i < x.size(); ++i)
        y[i] = unit.math.multiply(unit.math.multiply(x[i], scale), gamma[i]);
}

}  // namespace octet
