#include "models/arithmetic/vector_math.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

#include "models/arithmetic/visit.h"

namespace octet {
namespace {

// `near` moved to its odd neighbour if the exact value lies beyond it (sign +1) or before it (-1) in
// magnitude.
double odd_beside(double near, int sign) {
    const auto bits = std::bit_cast<std::int64_t>(near);
    return sign == 0 || (bits & 1) != 0 ? near : std::bit_cast<double>(bits + sign);
}

int sign_of(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

double to_odd(long double x) {
    const auto near = static_cast<double>(x);
    if (!std::isfinite(near) || near == 0) return near;
    const long double rest = x - static_cast<long double>(near);
    return odd_beside(near, sign_of(static_cast<double>(rest)) * sign_of(near));
}

// A function of bf16 numbers, worked out once for all 65536 of them; of others, each time.
template <class F>
float tabulated(bool bf16, float x, F function) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    if (!bf16 || (bits & 0xffffU) != 0) return function(x);
    static const std::vector<float> table = [&] {
        std::vector<float> values(0x10000);
        for (std::uint32_t code = 0; code < values.size(); ++code)
            values[code] = function(std::bit_cast<float>(code << 16U));
        return values;
    }();
    return table[bits >> 16U];
}

}  // namespace

VectorMath::VectorMath(Accumulator format)
    : round_(visit_float_accumulator(
          format,
          [](auto kind) -> float (*)(double) {
              return [](double x) { return decltype(kind)::type::template round<Rounding::nearest_even>(x); };
          })),
      bf16_(format == Accumulator::bf16) {}

// Quotients and roots of 24 bits come no nearer to a border between two numbers of 24 bits than 2^-50 of
// their size, unless they lie on it. So double, 53 bits, never moves one onto a border.
float VectorMath::divide(float a, float b) const {
    return round_(double{a} / double{b});
}
float VectorMath::square_root(float x) const {
    return round_(std::sqrt(double{x}));
}
float VectorMath::reciprocal_square_root(float x) const {
    return round_(to_odd(1 / std::sqrt(static_cast<long double>(x))));
}
float VectorMath::exponential(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return round(to_odd(std::exp(static_cast<long double>(x))));
    });
}
float VectorMath::tanh(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return round(to_odd(std::tanh(static_cast<long double>(x))));
    });
}

float VectorMath::sigmoid(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        // 1/2 + x/4 - x^3/48: 64 bits do not hold the last term, but where 1/2 + x/4 lies on a border it
        // decides.
        if (std::abs(x) < 0x1p-19F) return round(add_to_odd(0.5, 0.25 * x * (1 - 0x1p-28)));
        return round(to_odd(1 / (1 + std::exp(-static_cast<long double>(x)))));
    });
}

float VectorMath::silu(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        if (x == -HUGE_VALF) return -0.0F;
        return round(to_odd(x / (1 + std::exp(-static_cast<long double>(x)))));
    });
}

float VectorMath::gelu(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        if (x == -HUGE_VALF) return -0.0F;
        constexpr long double half = 0.5L, root_half = std::numbers::sqrt2_v<long double> / 2;
        return round(to_odd(half * x * std::erfc(-root_half * x)));
    });
}

float VectorMath::gelu_tanh(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        if (x == -HUGE_VALF) return -0.0F;
        const long double wide = x, slope = std::sqrt(2 * std::numbers::inv_pi_v<long double>);
        // (1 + tanh u) / 2 = 1 / (1 + exp(-2u)), without cancellation
        return round(to_odd(wide / (1 + std::exp(-2 * slope * (wide + 0.044715L * wide * wide * wide)))));
    });
}

float VectorMath::gelu_sigmoid(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        if (x == -HUGE_VALF) return -0.0F;
        return round(to_odd(x / (1 + std::exp(-1.702L * x))));
    });
}

// 1.702 x + 3 = (851 x + 1500) / 500: what is divided by has 64 bits where it cancels.
float VectorMath::hgelu(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        const long double wide = x, slope = 851 * wide + 1500;
        if (slope <= 0) return -0.0F;
        return slope >= 3000 ? x : round(to_odd(wide * slope / 3000));
    });
}

namespace {

// s + z s (1 - s) of s = 1 / (1 + exp(-z)): the slope of z s, times that of z behind the sign.
long double sigmoid_product_slope(long double z, long double inner) {
    const long double s = 1 / (1 + std::exp(-z));
    return s + inner * s / (1 + std::exp(z));
}

// Far from 0 the slopes of what grows like x or 0.
template <class F>
float ramp_slope(float (*round)(double), float x, F slope) {
    if (std::isinf(x)) return x > 0 ? 1.0F : 0.0F;
    return round(to_odd(slope(static_cast<long double>(x))));
}

}  // namespace

float VectorMath::tanh_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        const long double wide = std::cosh(static_cast<long double>(x));
        return round(to_odd(1 / (wide * wide)));
    });
}

float VectorMath::sigmoid_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return round(
            to_odd(1 / (2 + std::exp(static_cast<long double>(x)) + std::exp(-static_cast<long double>(x)))));
    });
}

float VectorMath::silu_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return ramp_slope(round, x, [](long double z) { return sigmoid_product_slope(z, z); });
    });
}

float VectorMath::gelu_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return ramp_slope(round, x, [](long double z) {
            constexpr long double root_half = std::numbers::sqrt2_v<long double> / 2;
            return std::erfc(-root_half * z) / 2 +
                   z * std::exp(-z * z / 2) * root_half * std::numbers::inv_sqrtpi_v<long double>;
        });
    });
}

float VectorMath::gelu_tanh_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return ramp_slope(round, x, [](long double z) {
            const long double twice = 2 * std::sqrt(2 * std::numbers::inv_pi_v<long double>);
            return sigmoid_product_slope(twice * (z + 0.044715L * z * z * z),
                                         z * twice * (1 + 3 * 0.044715L * z * z));
        });
    });
}

float VectorMath::gelu_sigmoid_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        return ramp_slope(round, x,
                          [](long double z) { return sigmoid_product_slope(1.702L * z, 1.702L * z); });
    });
}

float VectorMath::hgelu_slope(float argument) const {
    return tabulated(bf16_, argument, [round = round_](float x) {
        const long double ramp = 851 * static_cast<long double>(x) + 1500;  // of 0 to 3000
        if (ramp <= 0) return 0.0F;
        return ramp >= 3000 ? 1.0F : round(to_odd((ramp + 851 * static_cast<long double>(x)) / 3000));
    });
}

float VectorMath::sum(std::span<const float> row, std::size_t lanes) const {
    std::vector<float> level(std::bit_ceil(lanes));
    float total = 0;
    for (std::size_t start = 0; start < row.size(); start += lanes) {
        const auto vector = row.subspan(start, std::min(lanes, row.size() - start));
        std::fill(std::copy(vector.begin(), vector.end(), level.begin()), level.end(), 0.0F);
        for (std::size_t width = level.size() / 2; width > 0; width /= 2)
            for (std::size_t i = 0; i < width; ++i) level[i] = add(level[2 * i], level[2 * i + 1]);
        total = add(total, level[0]);
    }
    return total;
}

}  // namespace octet
