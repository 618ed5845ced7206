#include "models/array/register_arithmetic.h"

#include "models/arithmetic/random.h"
#include "models/arithmetic/visit.h"

namespace octet {
namespace {

// Free of branches, so that the loop becomes vector code, chosen at run time for the processor.
template <class Accumulator, Rounding mode, class Multiplier>
#if defined(__x86_64__) && !defined(__clang__)
__attribute__((target_clones("avx2", "default")))
#endif
void multiply_add(std::size_t elements, float* sums, const float* a, const float* b, const Flags* flags,
                  std::uint64_t* generators) {
    for (std::size_t e = 0; e < elements; ++e) {
        std::uint32_t random = 0;
        if constexpr (mode == Rounding::stochastic) {
            random = random_bits(generators[e]);
            generators[e] += (flags[e] & valid) != 0 ? draw_step : 0;
        }
        const float made = Accumulator::template mac<mode, Multiplier>(sums[e], a[e], b[e], random);
        sums[e] = (flags[e] & has_operand) != 0 ? made : sums[e];
    }
}

template <int Bits>
void multiply_add(std::vector<IntegerArithmetic::Sum>& sums, const std::vector<IntegerOperand>& a,
                  const std::vector<IntegerOperand>& b, const std::vector<Flags>& flags,
                  IntegerOverflow mode) {
    for (std::size_t e = 0; e < sums.size(); ++e) {
        if ((flags[e] & has_operand) == 0) continue;
        std::uint64_t overflows = 0;
        sums[e].value = IntegerAccumulator<Bits>::mac(sums[e].value, a[e], b[e], mode, overflows);
        sums[e].overflows += static_cast<std::uint32_t>(overflows);
    }
}

auto rounding_of(Accumulator buffer) {
    return visit_float_accumulator(buffer, [](auto held) -> float (*)(double) {
        return [](double sum) { return decltype(held)::type::template round<Rounding::nearest_even>(sum); };
    });
}

double (*multiplier_of(const GemmRules& rules))(float, float) {
    return visit_multiplier(rules.logarithms,
                            [](auto multiplier) { return &decltype(multiplier)::type::product; });
}

}  // namespace

FloatArithmetic::FloatArithmetic(const GemmRules& rules)
    : multiply_add_(visit_rounding(
          rules.rounding,
          [&](auto mode) {
              return visit_float_accumulator(rules.accumulator, [&](auto kind) {
                  return visit_multiplier(rules.logarithms, [](auto multiplier) {
                      return &octet::multiply_add<typename decltype(kind)::type, decltype(mode)::value,
                                                  typename decltype(multiplier)::type>;
                  });
              });
          })),
      add_(float_add(rules.buffer)),
      convert_(rounding_of(rules.buffer)) {
    for (std::size_t e = 0; e < rules.rows * rules.columns; ++e)
        generators_.push_back(first_state(rules.seed, e) + rules.first_draw * draw_step);
}

QuireArithmetic::QuireArithmetic(const GemmRules& rules)
    : add_(float_add(rules.buffer)), round_(rounding_of(rules.buffer)), product_(multiplier_of(rules)) {}

BoundedArithmetic::BoundedArithmetic(const GemmRules& rules)
    : unit_(rules.fixed_bits, rules.fixed_fraction),
      add_(float_add(rules.buffer)),
      round_(rounding_of(rules.buffer)),
      product_(multiplier_of(rules)) {}

void BoundedArithmetic::multiply_add(std::vector<Sum>& sums, const std::vector<float>& a,
                                     const std::vector<float>& b, const std::vector<Flags>& flags) const {
    for (std::size_t e = 0; e < sums.size(); ++e) {
        if ((flags[e] & has_operand) == 0) continue;
        std::uint64_t overflows = 0;
        sums[e].value = unit_.add(sums[e].value, product_(a[e], b[e]), overflows);
        sums[e].overflows += static_cast<std::uint32_t>(overflows);
    }
}

void QuireArithmetic::multiply_add(std::vector<Quire>& sums, const std::vector<float>& a,
                                   const std::vector<float>& b, const std::vector<Flags>& flags) const {
    for (std::size_t e = 0; e < sums.size(); ++e)
        if ((flags[e] & has_operand) != 0) sums[e].add(product_(a[e], b[e]));
}

void IntegerArithmetic::multiply_add(std::vector<Sum>& sums, const std::vector<IntegerOperand>& a,
                                     const std::vector<IntegerOperand>& b,
                                     const std::vector<Flags>& flags) const {
    if (rules_.accumulator == Accumulator::int24)
        octet::multiply_add<24>(sums, a, b, flags, rules_.overflow);
    else
        octet::multiply_add<32>(sums, a, b, flags, rules_.overflow);
}

IntegerArithmetic::Held IntegerArithmetic::into_buffer(const Held* held, const Sum& sum,
                                                       std::uint64_t& overflows) const {
    overflows += sum.overflows;
    const std::int64_t exact = (held == nullptr ? 0 : std::int64_t{*held}) + sum.value;
    return rules_.buffer == Accumulator::int24 ? Int24Accumulator::fit(exact, rules_.overflow, overflows)
                                               : Int32Accumulator::fit(exact, rules_.overflow, overflows);
}

}  // namespace octet
