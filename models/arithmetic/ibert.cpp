#include "models/arithmetic/ibert.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace octet::ibert {
namespace {

constexpr double quadratic = 0.35815147, linear = 0.96963238, constant = 1;
constexpr double minus_ln_2 = -0.6931;
constexpr int most_halvings = 30;

constexpr double erf_a = -0.2888, erf_b = -1.769, erf_c = 1;
constexpr double root_2 = 1.4142;
constexpr int erf_cut = 14;

std::int64_t floored(double x) {
    return static_cast<std::int64_t>(std::floor(x));
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    const std::int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

}  // namespace

Scaled exponential(Scaled x) {
    const std::int64_t step = floored(minus_ln_2 / x.scale);
    const std::int64_t value = std::max(x.value, most_halvings * step);
    const std::int64_t halvings = floor_divide(value, step);
    const std::int64_t rest = value - step * halvings;
    const std::int64_t b = floored(linear / quadratic / x.scale);
    const std::int64_t c = floored(constant / quadratic / (x.scale * x.scale));
    const std::int64_t polynomial = rest * (rest + b) + c;
    const std::int64_t result = std::max<std::int64_t>(polynomial << (most_halvings - halvings), 0);
    return {result, quadratic * x.scale * x.scale * std::ldexp(1.0, -most_halvings)};
}

Scaled gelu(Scaled x) {
    const double scale = x.scale / root_2;
    const std::int64_t b = floored(erf_b / scale);
    const std::int64_t c = floored(erf_c / erf_a / (scale * scale));
    const std::int64_t magnitude = std::min(std::abs(x.value), -b);
    const std::int64_t curve = (magnitude + b) * (magnitude + b) + c;
    const std::int64_t sign = (x.value > 0) - (x.value < 0);
    const std::int64_t erf = (sign * curve) >> erf_cut;
    const double erf_scale = scale * scale * erf_a * std::ldexp(1.0, erf_cut);
    const std::int64_t one = floored(1 / erf_scale);
    return {x.value * (erf + one), x.scale * erf_scale / 2};
}

std::int64_t square_root(std::int64_t x) {
    if (x <= 0) return 0;
    const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(x)));
    std::int64_t root = std::int64_t{1} << ((bits + 1) / 2);
    while (true) {
        const std::int64_t next = (root + x / root) / 2;
        if (next >= root) return root;
        root = next;
    }
}

void softmax(std::span<const std::int64_t> row, double scale, int output_bits,
             std::span<std::int64_t> result) {
    if (row.empty()) return;
    const std::int64_t largest = *std::max_element(row.begin(), row.end());
    const auto top = static_cast<std::uint64_t>(exponential({0, scale}).value);
    const int cut = std::max(static_cast<int>(std::bit_width(top)) - 16, 0);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        result[i] = exponential({row[i] - largest, scale}).value >> cut;
        sum += result[i];
    }
    const std::int64_t factor = (std::int64_t{1} << 32) / sum;
    for (std::int64_t& value : result) value = (value * factor) >> (32 - output_bits);
}

double layernorm(std::span<const std::int64_t> row, std::span<std::int64_t> result) {
    const auto count = static_cast<std::int64_t>(row.size());
    std::int64_t sum = 0, squares = 0;
    for (const std::int64_t x : row) sum += x;
    const std::int64_t mean = floor_divide(2 * sum + count, 2 * count);  // rounded, a tie upward
    for (const std::int64_t x : row) squares += (x - mean) * (x - mean);
    const std::int64_t root = std::max<std::int64_t>(square_root(squares), 1);
    const std::int64_t factor = (std::int64_t{1} << 31) / root;
    for (std::size_t i = 0; i < row.size(); ++i) result[i] = ((row[i] - mean) * factor) >> 1;
    return std::sqrt(static_cast<double>(count)) * 0x1p-30;
}

}  // namespace octet::ibert
