#include "sim/cost/shares.h"

namespace octet {
namespace {

constexpr std::array<std::string_view, confidence_count> confidence_names{"published", "measured", "scaled",
                                                                          "fitted", "assumed"};

}  // namespace

std::string_view name(Confidence confidence) {
    return confidence_names[static_cast<std::size_t>(confidence)];
}

Shares& Shares::operator+=(const Shares& other) {
    total += other.total;
    low += other.low;
    high += other.high;
    for (std::size_t i = 0; i < component_count; ++i) components[i] += other.components[i];
    for (std::size_t i = 0; i < confidence_count; ++i) confidence[i] += other.confidence[i];
    return *this;
}

Shares Shares::operator*(double factor) const {
    Shares product = *this;
    product.total *= factor;
    product.low *= factor;
    product.high *= factor;
    for (auto& part : product.components) part *= factor;
    for (auto& part : product.confidence) part *= factor;
    return product;
}

}  // namespace octet
