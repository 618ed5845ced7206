#include "models/arithmetic/mac.h"

#include <array>
#include <utility>

#include "models/arithmetic/visit.h"

namespace octet {

std::optional<Accumulator> find_accumulator(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Accumulator>, 7> names{{
        {"fp32", Accumulator::fp32},
        {"bf16", Accumulator::bf16},
        {"fp16", Accumulator::fp16},
        {"dlfloat16", Accumulator::dlfloat16},
        {"fixed", Accumulator::fixed},
        {"int32", Accumulator::int32},
        {"int24", Accumulator::int24},
    }};
    for (const auto& [known, kind] : names)
        if (known == name) return kind;
    return std::nullopt;
}

float rescaled(double sum, double a, double b) {
    return Fp32Accumulator::round<Rounding::nearest_even>(sum * (a * b));
}

FloatMac float_mac(Accumulator kind, Rounding rounding) {
    return visit_float_accumulator(kind, [&](auto accumulator) -> FloatMac {
        return visit_rounding(rounding, [](auto mode) -> FloatMac {
            return decltype(accumulator)::type::template mac<mode()>;
        });
    });
}

FloatAdd float_add(Accumulator kind) {
    return visit_float_accumulator(
        kind, [](auto accumulator) -> FloatAdd { return decltype(accumulator)::type::add; });
}

}  // namespace octet
