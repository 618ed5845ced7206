// The points of a sweep: every combination of the values of its axes.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/sweep.h"

namespace octet {

// A value as it is put on the experiment, and as documents show it.
struct AxisValue {
    Node node;
    nlohmann::ordered_json json;
};

// A dotted key that a point sets, and to what.
struct PointValue {
    const std::string* key;
    const AxisValue* value;
};

// Which value of each dimension a point takes.
using PointIndex = std::vector<std::uint32_t>;

class DesignSpace {
  public:
    // Axes that move together (zip, same_as) are one dimension; the dimensions are in the order of their
    // first axes. Reports lists of a zip that differ in length, a key that is varied twice, circles of
    // same_as.
    DesignSpace(const SweepConfig& sweep, Diagnostics& diagnostics);

    std::size_t dimensions() const { return dimensions_.size(); }
    std::uint32_t size(std::size_t dimension) const { return dimensions_[dimension].size; }
    // Points of the full grid, at most 2^63.
    std::uint64_t points() const;
    // Point `number` of the grid, the last dimension fastest.
    PointIndex at(std::uint64_t number) const;
    // Keys in the order of the sweep file.
    std::vector<PointValue> values(const PointIndex& point) const;
    const std::vector<std::string>& keys() const { return keys_; }

  private:
    struct Member {
        std::string key;
        std::vector<AxisValue> values;
        std::size_t dimension = 0;
    };
    struct Dimension {
        std::uint32_t size = 0;
    };
    std::vector<Member> members_;
    std::vector<Dimension> dimensions_;
    std::vector<std::string> keys_;
};

// Names that an axis may have instead of a dotted key: `format` (pe.preset), `sequence` and `batch` (of the
// phase). Other keys are as they are.
std::string_view full_key(std::string_view axis);

}  // namespace octet
