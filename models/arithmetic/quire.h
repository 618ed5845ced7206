// A fixed-point register wide enough to add products of any two operands exactly.
#pragma once
#include <array>
#include <cstdint>

namespace octet {

// 640 bits with the lowest at 2^-320: products of fp32 numbers reach from 2^-298 to 2^256, which leaves room
// for 2^62 of them. Infinities and NaN are kept beside it.
class Quire {
  public:
    void add(double term);  // a multiple of 2^-320 below 2^256 in magnitude, or not finite
    double to_odd() const;  // the sum rounded to odd at 53 bits (sum.h); zero is +0

  private:
    static constexpr int lowest = -320;
    static constexpr int limbs = 10;
    std::array<std::uint64_t, limbs> bits_{};  // two's complement, low limb first
    double special_ = 0;                       // sum of the terms that are not finite
};

}  // namespace octet
