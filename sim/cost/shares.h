// Energy or area, split by component and by how well its prices are known, with the range it lies in.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "models/activity.h"

namespace octet {

// How a price came to be known, best first.
enum class Confidence : std::uint8_t {
    published,  // read from a publication
    measured,   // measured or synthesised by the authors of the table
    scaled,     // computed from a published or measured price by a stated rule
    fitted,     // chosen so that totals agree with published totals
    assumed,    // a plausible value without a source
    count
};
constexpr std::size_t confidence_count = static_cast<std::size_t>(Confidence::count);
std::string_view name(Confidence confidence);

struct Shares {
    double total = 0;
    double low = 0, high = 0;  // the total if every price were off by its uncertainty, all one way
    std::array<double, component_count> components{};
    std::array<double, confidence_count> confidence{};

    // `uncertainty`: relative error bound of the amount.
    void add(Component component, Confidence how, double amount, double uncertainty = 0) {
        total += amount;
        low += amount * std::max(0.0, 1 - uncertainty);
        high += amount * (1 + uncertainty);
        components[static_cast<std::size_t>(component)] += amount;
        confidence[static_cast<std::size_t>(how)] += amount;
    }
    Shares& operator+=(const Shares& other);
    Shares operator*(double factor) const;
    double operator[](Component component) const { return components[static_cast<std::size_t>(component)]; }
    double operator[](Confidence how) const { return confidence[static_cast<std::size_t>(how)]; }
};

}  // namespace octet
