#include "sim/compare/pareto.h"

#include <algorithm>

namespace octet {
namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
    bool smaller = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] > b[i]) return false;
        smaller = smaller || a[i] < b[i];
    }
    return smaller;
}

}  // namespace

std::vector<bool> pareto_front(const std::vector<std::vector<double>>& costs) {
    std::vector<bool> front(costs.size());
    for (std::size_t i = 0; i < costs.size(); ++i)
        front[i] = std::ranges::none_of(costs, [&](const auto& other) { return dominates(other, costs[i]); });
    return front;
}

}  // namespace octet
