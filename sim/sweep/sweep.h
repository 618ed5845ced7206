// A sweep: points in, a store of results and a Pareto front out.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/compare/pareto.h"
#include "sim/run/workers.h"
#include "sim/sweep/evolve.h"
#include "sim/sweep/points.h"
#include "sim/sweep/store.h"

namespace octet {

struct SweepOptions {
    std::size_t jobs = 1;                     // simulations at a time
    WorkerLimits limits;                      // of each
    std::uint64_t shard = 0, shards = 1;      // of the points only those whose number is shard modulo shards
    bool retry_failed = false;                // simulate points again that failed before
    const std::atomic<bool>* stop = nullptr;  // once true: no further simulation is begun
    const SweepStore* known = nullptr;        // points of it are taken over instead of simulated
};

// A point as it counts in the results.
struct SweepPoint {
    std::int64_t id = 0;  // in the store
    PointStatus status = PointStatus::done;
    nlohmann::ordered_json config, metrics;
    bool feasible = false;  // done, and within all constraints
    bool pareto = false;
};

struct SweepResult {
    std::vector<SweepPoint> points;      // of this sweep, in its order; those that constraints on the
                                         // configuration exclude are not among them
    std::uint64_t excluded = 0;          // by such constraints
    std::uint64_t simulated = 0;         // simulations of this run
    std::uint64_t reused = 0;            // points that were in the store
    std::vector<std::uint64_t> missing;  // stopped before their turn: numbers in the sweep's order (evolve:
                                         // in that of the generation), of equal experiments the first
    bool complete() const { return missing.empty(); }
    std::uint64_t count(PointStatus status) const;
};

// How far a sweep is.
struct SweepState {
    std::uint64_t ended = 0, total = 0;  // points; the total of an evolution grows with its generations
    std::uint64_t known = 0;             // of those ended: were not simulated now
    std::uint64_t failed = 0;            // of those simulated now
    std::size_t front = 0;               // points that none of those so far beats
    double best = 0;                     // the first objective, the best so far; if there is a front
};
using SweepWatch = std::function<void(const SweepState&)>;  // called when a simulation has ended

class Sweep {
  public:
    // Checks every axis, constraint and objective before anything is simulated: throws InputError for a key
    // that no value makes valid, an unknown metric, shards of an evolution.
    Sweep(const SweepConfig& config, const DesignSpace& space, PointLoader& loader, SweepStore& store,
          const SweepOptions& options);

    // To be called once, before this process simulates or starts a thread. Throws StoreError.
    SweepResult run(const SweepWatch& watch = {});

  private:
    struct Planned {
        PointIndex index;
        std::string key;         // in the store
        std::string simulation;  // points of one simulation differ in prices alone
        std::string refusal;     // why it is no experiment
    };
    void check_axes();
    void check_metrics() const;
    std::optional<Planned> plan(const PointIndex& index);
    std::vector<PointIndex> all_points() const;
    // What the stores hold of a point, unless it is to be simulated again.
    std::optional<StoredPoint> settled(const std::string& key);
    // All points given, simulated or found; empty entries are excluded ones. Fewer if it was stopped.
    std::vector<std::optional<SweepPoint>> evaluate(const std::vector<PointIndex>& points);
    using Ended = std::map<std::string, SweepPoint>;  // by key
    void simulate(std::vector<Planned> fresh, Ended& ended);
    SweepPoint counted(const StoredPoint& point) const;
    // A point has ended: it counts for what the watch is told.
    void note(const SweepPoint& point);
    bool allows(const nlohmann::ordered_json& values, const SweepConstraint& constraint) const;
    bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
    Objectives objectives_of(const SweepPoint& point) const;
    // Marks the points that no other feasible one dominates in the objectives.
    void mark_front();

    const SweepConfig& config_;
    const DesignSpace& space_;
    PointLoader& loader_;
    SweepStore& store_;
    SweepOptions options_;
    std::vector<SweepObjective> objectives_;
    std::vector<SweepConstraint> of_config_, of_result_;
    SweepWatch watch_;
    SweepState state_;
    RunningFront front_;
    SweepResult result_;
    std::set<std::int64_t> counted_;  // ids of its points
};

// Those of the file; without any: latency_ms, energy_uj and area_mm2.
std::vector<SweepObjective> objectives_or_default(const SweepConfig& config);

// Throws InputError, located in the file, if the strategy cannot be split into so many shards.
void demand_shardable(const SweepConfig& config, std::uint64_t shards);

// The document of `octet sweep --json`.
nlohmann::ordered_json to_json(const SweepResult& result, const SweepConfig& config,
                               const std::string& store);

}  // namespace octet
