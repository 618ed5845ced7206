#include "sim/cost/interpolate.h"

#include <algorithm>
#include <cmath>

namespace octet {

Place place_on(std::span<const double> points, double x, Interpolation how) {
    const auto above = std::ranges::upper_bound(points, x);
    const auto index = std::clamp<std::ptrdiff_t>(above - points.begin() - 1, 0, std::ssize(points) - 2);
    const auto lower = static_cast<std::size_t>(index);
    const auto in_space = [how](double v) { return how == Interpolation::sqrt ? std::sqrt(v) : v; };
    const double from = in_space(points[lower]);
    const double to = in_space(points[lower + 1]);
    Place place;
    place.lower = lower;
    place.fraction = (in_space(x) - from) / (to - from);
    place.outside = x < points.front() || x > points.back();
    return place;
}

double value_at(std::span<const double> grid, std::span<const Place> places,
                std::span<const std::size_t> sizes) {
    if (places.empty()) return grid.front();
    const std::size_t stride = grid.size() / sizes.front();
    const auto slice = [&](std::size_t point) {
        return value_at(grid.subspan(point * stride, stride), places.subspan(1), sizes.subspan(1));
    };
    const Place& place = places.front();
    // On a point the neighbour must not matter, not even by rounding.
    if (place.fraction == 0) return slice(place.lower);
    if (place.fraction == 1) return slice(place.lower + 1);
    const double from = slice(place.lower);
    return from + (slice(place.lower + 1) - from) * place.fraction;
}

}  // namespace octet
