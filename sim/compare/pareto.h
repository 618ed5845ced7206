// Points that no other one dominates.
#pragma once
#include <vector>

namespace octet {

// `costs`: for each point as many numbers, all the better the smaller. A point is on the front unless another
// one is at most as large in each number and smaller in one: equal points are on it together.
// O(points^2 * numbers).
std::vector<bool> pareto_front(const std::vector<std::vector<double>>& costs);

// The front of the points seen so far. O(points on it * numbers) a point.
class RunningFront {
  public:
    void add(const std::vector<double>& costs);
    std::size_t size() const { return front_.size(); }
    double least(std::size_t number) const;  // of a front that is not empty

  private:
    std::vector<std::vector<double>> front_;
};

}  // namespace octet
