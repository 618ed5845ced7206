#include "tests/arithmetic/adversary.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

class Source {
  public:
    Source(const Shape& shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

    int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool chance(int in) { return between(1, in) == 1; }
    float with_exponent(int exponent) {
        exponent = std::clamp(exponent, shape_.low, shape_.high);
        const int top = 1 << (shape_.bits - 1);
        int significand = top + between(0, top - 1);
        if (chance(3)) significand = top;  // a power of two
        if (chance(5)) significand = top | 1;
        const float value = std::ldexp(static_cast<float>(significand), exponent - shape_.bits + 1);
        return chance(2) ? value : -value;
    }
    float any() { return with_exponent(between(shape_.low, shape_.high)); }

  private:
    Shape shape_;
    std::mt19937_64 random_;
};

}  // namespace

Operands attack(Attack kind, const Shape& shape, int sum_bits, std::size_t length, std::uint64_t seed) {
    Source source(shape, seed);
    Operands made;
    double sum = 0;  // roughly where the chain is
    const auto push = [&](float a, float b) {
        made.a.push_back(a);
        made.b.push_back(b);
        sum += double{a} * b;
    };
    const int middle = (shape.low + shape.high) / 2;
    while (made.a.size() < length) {
        switch (kind) {
            case Attack::wide_exponents:
                push(source.any(), source.any());
                break;
            case Attack::one_sign:
                push(std::abs(source.with_exponent(middle)), std::abs(source.with_exponent(middle)));
                break;
            case Attack::cancellation: {  // a product, then nearly its negative, later a small one
                const float a = source.with_exponent(source.between(middle - 3, middle + 3)),
                            b = source.with_exponent(middle);
                push(a, b);
                push(source.chance(2) ? -a : -std::nextafter(a, 0.0F), b);
                if (source.chance(3))
                    push(source.with_exponent(middle - 8), source.with_exponent(middle - 4));
                break;
            }
            case Attack::borders: {  // products around half a last place of the sum
                if (sum == 0 || source.chance(6)) {
                    push(source.any(), source.with_exponent(middle));
                    break;
                }
                const int target = std::ilogb(sum) - sum_bits + source.between(-1, 1);
                const int part = source.between(shape.low, shape.high);
                push(source.with_exponent(part), source.with_exponent(target - part));
                break;
            }
            case Attack::dwarfed_sums: {  // next to nothing, then a product whose significand ends just
                                          // beyond the sum's
                const float tiny = std::ldexp(1.0F, std::max(shape.low, middle - 14));
                push(source.chance(2) ? tiny : -tiny, std::ldexp(1.0F, std::max(shape.low, middle - 12)));
                const float a = source.with_exponent(middle + source.between(0, 6)),
                            b = source.with_exponent(middle);
                push(a, b);
                push(-a, b);
                if (source.chance(2)) push(-tiny, std::ldexp(1.0F, std::max(shape.low, middle - 12)));
                break;
            }
        }
    }
    made.a.resize(length);
    made.b.resize(length);
    for (std::size_t i = 0; i < length; ++i)  // nextafter may have made a longer significand
        for (float* x : {&made.a[i], &made.b[i]}) {
            int exponent = 0;
            const float fraction = std::frexp(*x, &exponent);
            *x = std::ldexp(std::trunc(std::ldexp(fraction, shape.bits)), exponent - shape.bits);
        }
    return made;
}

}  // namespace octet
