// The multiply-accumulate unit: acc = round(acc + a * b), the product exact, one rounding.
// These functions are the specification; the kernels behind gemm.h give the same bits faster.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "models/arithmetic/fixed_point.h"
#include "models/arithmetic/quire.h"
#include "models/arithmetic/sum.h"
#include "models/formats/integer.h"
#include "models/formats/lns.h"
#include "models/formats/minifloat.h"

namespace octet {

enum class Accumulator : std::uint8_t { fp32, bf16, fp16, dlfloat16, fixed, int32, int24 };

std::optional<Accumulator> find_accumulator(std::string_view name);
constexpr bool is_integer(Accumulator kind) {
    return kind == Accumulator::int32 || kind == Accumulator::int24;
}

// A NaN that leaves a unit is the canonical one, whatever operations made it.
inline float canonical(double value) {
    return value == value ? static_cast<float>(value) : std::numeric_limits<float>::quiet_NaN();
}

// What a processing element makes of two operands, as a number. Logarithms: operands are those of lns.h.
struct ExactMultiplier {
    static double product(float a, float b) { return double{a} * double{b}; }
};
struct LogarithmicMultiplier {
    static double product(float a, float b) { return lns_product(a, b); }
};

// An accumulator that holds numbers of a minifloat. a and b are numbers of at most 24 significant bits, so
// that their product is exact in double. Overflow makes infinity, or NaN in a format without one; not when
// truncating.
template <class Held>
struct FloatAccumulator {
    using Format = Held;
    using Value = float;
    static constexpr Overflow overflow = Format::has_infinity ? Overflow::infinity : Overflow::nan;

    template <Rounding mode, class Multiplier = ExactMultiplier>
    static float mac(float sum, float a, float b, std::uint32_t random = 0) {
        return round<mode>(add_to_odd(double{sum}, Multiplier::product(a, b)), random);
    }
    // To the nearest: what an adder of this format makes of two numbers.
    static float add(float a, float b) {
        return round<Rounding::nearest_even>(add_to_odd(double{a}, double{b}));
    }

    template <Rounding mode>
    static float round(double exact_or_odd, std::uint32_t random = 0) {
        return canonical(Format::template round<mode>(exact_or_odd, overflow, random));
    }
};

// What becomes of the sum of a block (exact, or rounded to odd) on its way out of the array: times both
// scales, rounded to fp32. Scales are powers of two, or the sum and they have 53 bits together.
float rescaled(double sum, double a, double b);

// The sum of all products, exactly.
struct FixedAccumulator {
    using Value = Quire;
    template <Rounding, class Multiplier = ExactMultiplier>
    static Quire mac(Quire sum, float a, float b, std::uint32_t = 0) {
        sum.add(Multiplier::product(a, b));
        return sum;
    }
};

// The same in a register of a stated width.
struct BoundedAccumulator {
    using Value = double;
    FixedPoint unit;
    std::uint64_t overflows = 0;
    template <Rounding, class Multiplier = ExactMultiplier>
    double mac(double sum, float a, float b, std::uint32_t = 0) {
        return unit.add(sum, Multiplier::product(a, b), overflows);
    }
};

// Two's complement; every result that does not fit is counted, then saturated or wrapped.
template <int Bits>
struct IntegerAccumulator {
    using Value = std::int32_t;
    static std::int32_t mac(std::int32_t sum, int a, int b, IntegerOverflow mode, std::uint64_t& overflows) {
        return fit(std::int64_t{sum} + std::int64_t{a} * b, mode, overflows);
    }
    static std::int32_t fit(std::int64_t exact, IntegerOverflow mode, std::uint64_t& overflows) {
        constexpr std::int64_t max = (std::int64_t{1} << (Bits - 1)) - 1;
        if (exact <= max && exact >= -max - 1) return static_cast<std::int32_t>(exact);
        ++overflows;
        if (mode == IntegerOverflow::saturate) return static_cast<std::int32_t>(exact > 0 ? max : -max - 1);
        return Integer<Bits>::to_int(static_cast<Code>(exact));
    }
};

// The same functions by name, for units that are configured at run time.
using FloatMac = float (*)(float sum, float a, float b, std::uint32_t random);
using FloatAdd = float (*)(float a, float b);
FloatMac float_mac(Accumulator kind, Rounding rounding);  // not for integers and `fixed`
FloatAdd float_add(Accumulator kind);

using Fp32Accumulator = FloatAccumulator<Fp32>;
using Bf16Accumulator = FloatAccumulator<Bf16>;
using Fp16Accumulator = FloatAccumulator<Fp16>;
using Dlfloat16Accumulator = FloatAccumulator<Dlfloat16>;
using Int32Accumulator = IntegerAccumulator<32>;
using Int24Accumulator = IntegerAccumulator<24>;

}  // namespace octet
