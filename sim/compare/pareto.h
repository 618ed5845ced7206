// Points that no other one dominates.
#pragma once
#include <vector>

namespace octet {

// `costs`: for each point as many numbers, all the better the smaller. A point is on the front unless another
// one is at most as large in each number and smaller in one: equal points are on it together.
// O(points^2 * numbers).
std::vector<bool> pareto_front(const std::vector<std::vector<double>>& costs);

}  // namespace octet
