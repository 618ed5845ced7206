// The keys of `kind: sweep` that are plain; axes, zip, constraints and objectives have forms of their own
// (sweep.cpp).
#pragma once
#include "sim/config/describe.h"
#include "sim/config/sweep.h"

namespace octet {

inline constexpr auto strategy_names = std::to_array<Named<StrategyKind>>({
    {"grid", StrategyKind::grid},
    {"random", StrategyKind::random},
    {"evolve", StrategyKind::evolve},
});

template <class V>
void describe(V& v, SweepStrategy& c) {
    const Bounds count{1, 100'000'000};
    const bool random = c.kind == StrategyKind::random, evolve = c.kind == StrategyKind::evolve;
    v.when(random, "kind random", [&] { v.integer("points", c.points, count, "points drawn", required); });
    v.when(evolve, "kind evolve", [&] {
        v.integer("population", c.population, {2, 100'000}, "points of a generation", required);
        v.integer("evaluations", c.evaluations, count, "points simulated in all", required);
    });
    v.when(random || evolve, "kind random or evolve",
           [&] { v.integer("seed", c.seed, {0}, "fixes what is drawn"); });
}

template <class V>
void describe(V& v, SweepConfig& c) {
    v.path("base", c.base, "an experiment", required);
    v.group("strategy", "which points are simulated", [&](auto& strategy) {
        strategy.choice("kind", c.strategy.kind, strategy_names, "grid, random or evolve", required);
        describe(strategy, c.strategy);
    });
}

}  // namespace octet
