// Floats of 8 bits whose scale is held beside the tensor: its largest magnitude takes the largest number (FP8-BERT,
// Li et al. 2023).
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

#include "models/formats/minifloat.h"

namespace octet {

// The quotient, or the odd one of its neighbours: rounded once more to fewer bits it is rounded once.
inline double quotient_to_odd(double x, double scale) {
    const double near = x / scale;
    if (!std::isfinite(near) || near == 0) return near;
    const double rest = std::fma(-near, scale, x);  // exact, with the sign of what is missing
    const auto bits = std::bit_cast<std::int64_t>(near);
    if (rest == 0 || (bits & 1) != 0) return near;
    return std::bit_cast<double>((rest > 0) == (near > 0) ? bits + 1 : bits - 1);
}

template <class Float>
struct ScaledFloat : Float {
    static double tensor_scale(double largest) { return largest / Float::max; }
    static Code encode_scaled(double value, double scale) {
        return Float::encode(quotient_to_odd(value, scale), Overflow::saturate);
    }
};
struct E4m3Scaled : ScaledFloat<E4m3> {
    static constexpr std::string_view name = "e4m3_scaled";
};
struct E5m2Scaled : ScaledFloat<E5m2> {
    static constexpr std::string_view name = "e5m2_scaled";
};

}  // namespace octet
