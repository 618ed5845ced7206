// A sweep: points in, a store of results and a Pareto front out.
#pragma once
#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <vector>

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
    std::vector<SweepPoint> points;  // of this sweep, in its order; those that constraints on the
                                     // configuration exclude are not among them
    std::uint64_t excluded = 0;      // by such constraints
    std::uint64_t simulated = 0;     // simulations of this run
    std::uint64_t reused = 0;        // points that were in the store
    bool complete = true;            // not stopped before its end
    std::uint64_t count(PointStatus status) const;
};

// Told of each point that has been stored: how many of how many known so far, and the point.
using PointEnded = std::function<void(std::uint64_t done, std::uint64_t total, const StoredPoint& point)>;

class Sweep {
  public:
    // Checks every axis, constraint and objective before anything is simulated: throws InputError for a key
    // that no value makes valid, an unknown metric, a shard without points.
    Sweep(const SweepConfig& config, const DesignSpace& space, PointLoader& loader, SweepStore& store,
          const SweepOptions& options);

    // To be called once, before this process simulates or starts a thread. Throws StoreError.
    SweepResult run(const PointEnded& ended = {});

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
    // All points given, simulated or found; empty entries are excluded ones. Fewer if it was stopped.
    std::vector<std::optional<SweepPoint>> evaluate(const std::vector<PointIndex>& points);
    void simulate(std::vector<Planned> fresh);
    SweepPoint counted(const StoredPoint& point) const;
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
    PointEnded ended_;
    SweepResult result_;
    std::set<std::int64_t> counted_;  // ids of its points
    std::uint64_t known_ = 0, finished_ = 0;
};

// Those of the file; without any: latency_ms, energy_uj and area_mm2.
std::vector<SweepObjective> objectives_or_default(const SweepConfig& config);

// The document of `octet sweep --json`.
nlohmann::ordered_json to_json(const SweepResult& result, const SweepConfig& config,
                               const std::string& store);

}  // namespace octet
