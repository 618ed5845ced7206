// Straight lines between the points of an axis.
#pragma once
#include <span>

#include "sim/cost/table.h"

namespace octet {

// x lies at `lower` + `fraction` in units of points; fraction is outside 0..1 beyond the ends of the axis.
struct Place {
    std::size_t lower = 0;
    double fraction = 0;
    bool outside = false;
};

// `points` ascend and are at least two. `how` is not `none`.
Place place_on(std::span<const double> points, double x, Interpolation how);

// The value at `places` of a grid whose last axis runs fastest; sizes[i] is the number of points of axis i.
double value_at(std::span<const double> grid, std::span<const Place> places,
                std::span<const std::size_t> sizes);

}  // namespace octet
