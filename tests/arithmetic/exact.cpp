#include "tests/arithmetic/exact.h"

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace octet::reference {

const Held fp32{"fp32", 23, -126, std::numeric_limits<float>::max(), true, true};
const Held bf16{"bf16", 7, -126, 0x1.fep127, true, true};
const Held fp16{"fp16", 10, -14, 65504, true, true};
const Held dlfloat16{"dlfloat16", 9, -31, 0x1p33 - 0x1p24, false, false};

namespace {

constexpr int unit = 320;

Exact scaled(double value, int places) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    const Exact significand = static_cast<std::int64_t>(std::ldexp(fraction, 53));
    const int shift = exponent - 53 + places;
    if (shift >= 0) return significand * (Exact(1) << shift);
    const Exact divisor = Exact(1) << -shift;
    if (significand % divisor != 0) throw std::logic_error("lies below the lowest place");
    return significand / divisor;
}

double to_double(const Exact& value) {
    return std::ldexp(value.convert_to<double>(), -unit);
}

bool negative_zero(float x) {
    return x == 0 && std::signbit(x);
}

// Of magnitude / step, whole; up if the mode says so.
Exact in_steps(const Exact& magnitude, const Exact& step, Rounding mode, std::uint32_t random) {
    Exact whole = magnitude / step;
    const Exact rest = magnitude - whole * step;
    bool up = false;
    if (mode == Rounding::nearest_even) up = rest * 2 > step || (rest * 2 == step && whole % 2 != 0);
    if (mode == Rounding::stochastic) up = Exact(rest * 65536 / step) + random >= 65536;
    return up ? Exact(whole + 1) : whole;
}

}  // namespace

Exact exact_units(double value) {
    return scaled(value, unit);
}
Exact exact_product(double a, double b) {
    return scaled(a, unit / 2) * scaled(b, unit / 2);
}
double approximate(const Exact& value) {
    return to_double(value);
}

float round(const Exact& sum, const Held& format, Rounding mode, std::uint32_t random, bool minus_zero) {
    if (sum == 0) return minus_zero ? -0.0F : 0.0F;
    const bool negative = sum < 0;
    const Exact magnitude = negative ? Exact(-sum) : sum;
    const int exponent = std::max(static_cast<int>(msb(magnitude)) - unit, format.min_exponent);
    Exact step = Exact(1) << (exponent - format.mantissa + unit);
    const Exact smallest = (Exact(1) << (format.min_exponent + unit)) + step;
    if (!format.subnormals && magnitude < smallest) step = smallest;
    const Exact rounded = in_steps(magnitude, step, mode, random) * step;
    double result = 0;
    if (rounded <= exact_units(format.max))
        result = to_double(rounded);
    else if (mode == Rounding::truncate)
        result = format.max;
    else if (format.infinity)
        result = std::numeric_limits<double>::infinity();
    else
        return std::numeric_limits<float>::quiet_NaN();
    return static_cast<float>(negative ? -result : result);
}

float mac(float sum, float a, float b, const Held& format, Rounding mode, std::uint32_t random) {
    if (!std::isfinite(sum) || !std::isfinite(a) || !std::isfinite(b)) {
        const float special = sum + (std::isfinite(a) && std::isfinite(b) ? 0.0F : a * b);
        return std::isnan(special) || format.infinity ? special : std::numeric_limits<float>::quiet_NaN();
    }
    const bool product_minus = std::signbit(a) != std::signbit(b) && (a == 0 || b == 0);
    return round(exact_units(sum) + exact_product(a, b), format, mode, random,
                 negative_zero(sum) && product_minus);
}

float add(float a, float b, const Held& format) {
    return mac(a, b, 1, format, Rounding::nearest_even);
}

bool same_bits(float a, float b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

}  // namespace octet::reference
