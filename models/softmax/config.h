#pragma once
#include <cstdint>

namespace octet {

enum class SoftmaxUnitKind : std::uint8_t { exact, posit_approximate, ibert };
enum class Approximation : std::uint8_t { exact, approximate };

struct SoftmaxConfig {
    SoftmaxUnitKind unit = SoftmaxUnitKind::posit_approximate;
    Approximation exp = Approximation::approximate;
    Approximation reciprocal = Approximation::approximate;
    double theta = -4;
};

}  // namespace octet
