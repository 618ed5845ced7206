// A sweep: a base experiment and the axes along which it is varied.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

enum class AxisKind : std::uint8_t { list, log, range, same_as };

struct SweepAxis {
    std::string key;  // dotted, as for --set
    AxisKind kind = AxisKind::list;
    std::vector<Node> values;     // list
    std::vector<double> spacing;  // log: first, last, points; range: first, last, step
    std::string same_as;          // another axis
    Location where;
};

// Axes that move together.
struct ZipGroup {
    std::vector<std::string> keys;
    Location where;
};

enum class Relation : std::uint8_t { less, less_equal, greater, greater_equal, equal };

struct SweepConstraint {
    std::string key;  // a metric or a dotted configuration key
    Relation comparison = Relation::less;
    double bound = 0;
    std::string text;
    Location where;
};

struct SweepObjective {
    std::string metric;
    bool maximize = false;
    Location where;
};

enum class StrategyKind : std::uint8_t { grid, random, evolve };

struct SweepStrategy {
    StrategyKind kind = StrategyKind::grid;
    std::uint64_t points = 0, population = 0, evaluations = 0, seed = 0;
    Location where;
};

struct SweepConfig {
    std::string base;  // path of an experiment
    std::vector<SweepAxis> axes;
    std::vector<ZipGroup> zip;
    std::vector<SweepConstraint> constraints;
    std::vector<SweepObjective> objectives;
    SweepStrategy strategy;
};

SweepConfig read_sweep(const Node& tree, Diagnostics& diagnostics);

}  // namespace octet
