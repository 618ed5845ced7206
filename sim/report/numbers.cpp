#include "sim/report/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace octet {

std::string grouped(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (auto i = std::ssize(digits) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), ",");
    return digits;
}

std::string short_number(double x) {
    if (!(x > 0)) return "0";
    const int decimals = std::clamp(3 - static_cast<int>(std::floor(std::log10(x))), 0, 9);
    return fmt::format("{:.{}f}", x, decimals);
}

std::string signed_number(double x) {
    return x < 0 ? "-" + short_number(-x) : short_number(x);
}

}  // namespace octet
