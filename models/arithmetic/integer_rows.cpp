#include "models/arithmetic/integer_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "models/arithmetic/ibert.h"

namespace octet {
namespace {

constexpr double step = 0x1p-12;

// Whole steps, of `bits` bits in two's complement; x is a number.
std::int64_t steps_of(float x, int bits) {
    const double end = power_of_two(bits - 1);
    return static_cast<std::int64_t>(std::clamp(std::nearbyint(double{x} / step), -end, end - 1));
}

// An integer of at most 53 bits at its scale.
float real(const VectorMath& math, std::int64_t value, double scale) {
    return math.round(multiply_to_odd(static_cast<double>(value), scale));
}

}  // namespace

float integer_gelu(const VectorMath& math, float x) {
    if (x != x) return std::numeric_limits<float>::quiet_NaN();
    const ibert::Scaled result = ibert::gelu({steps_of(x, 32), step});
    return real(math, result.value, result.scale);
}

void integer_layernorm(const VectorMath& math, std::span<const float> x, std::span<const float> gamma,
                       std::span<const float> beta, std::span<float> y) {
    if (std::ranges::any_of(x, [](float value) { return value != value; }))
        return std::ranges::fill(y, std::numeric_limits<float>::quiet_NaN()), void();
    std::vector<std::int64_t> row, result(x.size());
    for (const float value : x) row.push_back(steps_of(value, 21));
    const double scale = ibert::layernorm(row, result);
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = real(math, result[i], scale);
        if (!gamma.empty()) y[i] = math.add(math.multiply(y[i], gamma[i]), beta[i]);
    }
}

void integer_softmax(const VectorMath& math, std::span<const float> x, std::span<float> y) {
    constexpr double distance = 0x1p-8, furthest = -128;
    constexpr int output_bits = 16;
    const float largest = *std::max_element(x.begin(), x.end());
    std::vector<std::int64_t> row(x.size()), result(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double z = math.subtract(x[i], largest);
        row[i] = z > furthest ? std::llrint(z / distance) : std::llrint(furthest / distance);
    }
    ibert::softmax(row, distance, output_bits, result);
    for (std::size_t i = 0; i < x.size(); ++i)
        y[i] = math.round(std::ldexp(static_cast<double>(result[i]), -output_bits));
}

}  // namespace octet
