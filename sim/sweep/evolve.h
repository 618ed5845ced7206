// Search by evolution: NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) over the indices of a design space.
//
// Differences from the paper, which has real or binary genomes: a gene is the index of a value. Crossover
// takes each gene from either parent; mutation moves a gene by one or draws it anew; a child that was
// evaluated before is mutated until it is new, so that no evaluation is spent twice.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/sweep/design_space.h"

namespace octet {

// Of each point its objectives, the smaller the better; nothing if it has none (refused, failed, or outside
// of the constraints): such points lose against all others.
using Objectives = std::optional<std::vector<double>>;
using Evaluate = std::function<std::vector<Objectives>(const std::vector<PointIndex>&)>;

struct EvolveSettings {
    std::uint64_t population = 0, evaluations = 0, seed = 0;
};

// Evaluates generation after generation until `evaluations` points have been, or all there are, or `evaluate`
// returns fewer than it was given. Deterministic in the seed.
void evolve(const DesignSpace& space, const EvolveSettings& settings, const Evaluate& evaluate);

// `count` different points of the grid, all if it has no more. Deterministic in the seed.
std::vector<PointIndex> draw_points(const DesignSpace& space, std::uint64_t count, std::uint64_t seed);

// Fronts of nondomination, 0 the best; points without objectives come last.
std::vector<std::size_t> front_ranks(const std::vector<Objectives>& points);

}  // namespace octet
