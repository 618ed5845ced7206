// Numbers for people.
#pragma once
#include <cstdint>
#include <string>

namespace octet {

// 1234567 -> "1,234,567"
std::string grouped(std::uint64_t n);

// Four digits that count, no exponent: 0.01234, 12.34, 12345. "0" for what is not above 0.
std::string short_number(double x);
std::string signed_number(double x);  // the same with a sign where x is negative

// Of a whole that may be 0: then 0.
inline double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}
inline double percent(double part, double whole) {
    return 100 * share(part, whole);
}

}  // namespace octet
