// From run-time names of accumulators and roundings to the types that compute with them.
#pragma once
#include <stdexcept>
#include <type_traits>

#include "models/arithmetic/mac.h"

namespace octet {

// Calls f(std::type_identity<AccumulatorType>{}).
template <class F>
decltype(auto) visit_float_accumulator(Accumulator kind, F&& f) {
    switch (kind) {
        case Accumulator::fp32:
            return f(std::type_identity<Fp32Accumulator>{});
        case Accumulator::bf16:
            return f(std::type_identity<Bf16Accumulator>{});
        case Accumulator::fp16:
            return f(std::type_identity<Fp16Accumulator>{});
        case Accumulator::dlfloat16:
            return f(std::type_identity<Dlfloat16Accumulator>{});
        default:
            throw std::logic_error("not a floating-point accumulator");
    }
}

// Calls f(std::integral_constant<Rounding, mode>{}).
template <class F>
decltype(auto) visit_rounding(Rounding mode, F&& f) {
    switch (mode) {
        case Rounding::truncate:
            return f(std::integral_constant<Rounding, Rounding::truncate>{});
        case Rounding::stochastic:
            return f(std::integral_constant<Rounding, Rounding::stochastic>{});
        default:
            return f(std::integral_constant<Rounding, Rounding::nearest_even>{});
    }
}

// Calls f(std::type_identity<Multiplier>{}).
template <class F>
decltype(auto) visit_multiplier(bool logarithms, F&& f) {
    return logarithms ? f(std::type_identity<LogarithmicMultiplier>{})
                      : f(std::type_identity<ExactMultiplier>{});
}

}  // namespace octet
