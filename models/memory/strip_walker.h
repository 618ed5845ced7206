// Goes through the bytes of strips in order.
#pragma once
#include "models/accelerator/command.h"

namespace octet {

class StripWalker {
  public:
    StripWalker() = default;
    explicit StripWalker(const Strips& strips)
        : strips_(strips), address_(strips.address(0)), left_(strips.size(0)) {}
    Address address() const { return address_; }
    std::uint32_t left() const { return left_; }  // contiguous bytes from here on
    void advance(std::uint32_t bytes) {
        address_ += bytes;
        if ((left_ -= bytes) == 0 && ++strip_ < strips_.count) {
            address_ = strips_.address(strip_);
            left_ = strips_.size(strip_);
        }
    }

  private:
    Strips strips_;
    std::uint32_t strip_ = 0;
    Address address_ = 0;
    std::uint32_t left_ = 0;
};

}  // namespace octet
