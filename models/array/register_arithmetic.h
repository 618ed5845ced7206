// What the processing elements add up, for the array that steps every register: the units of mac.h, all
// elements of an array in one clock.
//
// multiply_add(sums, a, b, flags): sums[e] = round(sums[e] + a[e] * b[e]) where flags[e] says `has_operand`;
// every element that is `valid` makes one draw of stochastic rounding, present or not. into_buffer(held, sum,
// overflows): what the accumulation buffer makes of a sum that leaves the array; `held`: what it holds of
// this result, nullptr if nothing. scaled_into_buffer: the same of the sum of a block, by its scales.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "models/arithmetic/gemm.h"
#include "models/array/registers.h"

namespace octet {

// For time alone: registers say whether something is in them, and nothing else.
struct NoArithmetic {
    struct Operand {};
    struct Sum {};
    static void multiply_add(std::vector<Sum>&, const std::vector<Operand>&, const std::vector<Operand>&,
                             const std::vector<Flags>&) {}
};

class FloatArithmetic {
  public:
    using Operand = float;
    using Sum = float;
    using Held = float;
    explicit FloatArithmetic(const GemmRules& rules);

    void multiply_add(std::vector<float>& sums, const std::vector<float>& a, const std::vector<float>& b,
                      const std::vector<Flags>& flags) {
        multiply_add_(sums.size(), sums.data(), a.data(), b.data(), flags.data(), generators_.data());
    }
    Held into_buffer(const Held* held, Sum sum, std::uint64_t&) const {
        return held == nullptr ? convert_(double{sum}) : add_(*held, sum);
    }
    Held scaled_into_buffer(const Held* held, Sum sum, double a, double b, std::uint64_t&) const {
        const float scaled = rescaled(double{sum}, a, b);
        return held == nullptr ? convert_(double{scaled}) : add_(*held, scaled);
    }

  private:
    void (*multiply_add_)(std::size_t, float*, const float*, const float*, const Flags*, std::uint64_t*);
    FloatAdd add_;
    float (*convert_)(double);
    std::vector<std::uint64_t> generators_;  // the state of each element's (random.h)
};

// Exact sums, rounded once, into the buffer.
class QuireArithmetic {
  public:
    using Operand = float;
    using Sum = Quire;
    using Held = float;
    explicit QuireArithmetic(const GemmRules& rules);

    void multiply_add(std::vector<Quire>& sums, const std::vector<float>& a, const std::vector<float>& b,
                      const std::vector<Flags>& flags) const;
    Held into_buffer(const Held* held, Quire sum, std::uint64_t&) const {
        if (held != nullptr) sum.add(*held);
        return round_(sum.to_odd());
    }
    Held scaled_into_buffer(const Held* held, const Quire& sum, double a, double b, std::uint64_t&) const {
        const float scaled = rescaled(sum.to_odd(), a, b);
        return held == nullptr ? round_(double{scaled}) : add_(*held, scaled);
    }

  private:
    FloatAdd add_;
    float (*round_)(double);
    double (*product_)(float, float);
};

// Sums in a register of a stated width. A sum counts on its way down how often it saturated.
class BoundedArithmetic {
  public:
    using Operand = float;
    struct Sum {
        double value = 0;
        std::uint32_t overflows = 0;
    };
    using Held = float;
    explicit BoundedArithmetic(const GemmRules& rules);

    void multiply_add(std::vector<Sum>& sums, const std::vector<float>& a, const std::vector<float>& b,
                      const std::vector<Flags>& flags) const;
    Held into_buffer(const Held* held, const Sum& sum, std::uint64_t& overflows) const {
        overflows += sum.overflows;
        return round_(held == nullptr ? sum.value : add_to_odd(double{*held}, sum.value));
    }
    Held scaled_into_buffer(const Held* held, const Sum& sum, double a, double b,
                            std::uint64_t& overflows) const {
        overflows += sum.overflows;
        const float scaled = rescaled(sum.value, a, b);
        return held == nullptr ? round_(double{scaled}) : add_(*held, scaled);
    }

  private:
    FixedPoint unit_;
    FloatAdd add_;
    float (*round_)(double);
    double (*product_)(float, float);
};

// Integers, saturating or wrapping. A sum counts on its way down how often it did not fit.
class IntegerArithmetic {
  public:
    using Operand = IntegerOperand;
    struct Sum {
        std::int32_t value = 0;
        std::uint32_t overflows = 0;
    };
    using Held = std::int32_t;
    explicit IntegerArithmetic(const GemmRules& rules) : rules_(rules) {}

    void multiply_add(std::vector<Sum>& sums, const std::vector<IntegerOperand>& a,
                      const std::vector<IntegerOperand>& b, const std::vector<Flags>& flags) const;
    Held into_buffer(const Held* held, const Sum& sum, std::uint64_t& overflows) const;
    static Held scaled_into_buffer(const Held*, const Sum&, double, double, std::uint64_t&) {
        throw std::logic_error("integer sums take no scales");
    }

  private:
    GemmRules rules_;
};

}  // namespace octet
