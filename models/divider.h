// Division by a number that is known early and is mostly a power of two.
#pragma once
#include <bit>
#include <cstdint>

namespace octet {

class Divider {
  public:
    explicit Divider(std::uint64_t by)
        : by_(by), shift_(std::has_single_bit(by) ? std::countr_zero(by) : -1) {}
    std::uint64_t by() const { return by_; }
    std::uint64_t quotient(std::uint64_t n) const { return shift_ >= 0 ? n >> shift_ : n / by_; }
    std::uint64_t remainder(std::uint64_t n) const { return shift_ >= 0 ? n & (by_ - 1) : n % by_; }
    std::uint64_t quotient_up(std::uint64_t n) const { return quotient(n + by_ - 1); }

  private:
    std::uint64_t by_;
    int shift_;  // -1: no power of two
};

}  // namespace octet
