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

void RunningFront::add(const std::vector<double>& costs) {
    if (std::ranges::any_of(front_, [&](const auto& other) { return dominates(other, costs); })) return;
    std::erase_if(front_, [&](const auto& other) { return dominates(costs, other); });
    front_.push_back(costs);
}

double RunningFront::least(std::size_t number) const {
    double least = front_.front()[number];
    for (const auto& costs : front_) least = std::min(least, costs[number]);
    return least;
}

}  // namespace octet
