#include "sim/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/compare/pareto.h"
#include "sim/cost/read.h"
#include "sim/run/simulate.h"
#include "sim/sweep/metrics.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

bool holds(Relation relation, double a, double b) {
    switch (relation) {
        case Relation::less:
            return a < b;
        case Relation::less_equal:
            return a <= b;
        case Relation::greater:
            return a > b;
        case Relation::greater_equal:
            return a >= b;
        default:
            return a == b;
    }
}

// A number of the resolved experiment, as constraints name it: of the accelerator, or of the phase.
std::optional<double> config_number(const ExperimentConfig& experiment, std::string_view key) {
    Json document = resolved_json(experiment.accelerator);
    document["phase"] = {{"batch", experiment.phase.batch},
                         {"sequence", experiment.phase.sequence},
                         {"context", experiment.phase.context},
                         {"tokens", experiment.phase.tokens}};
    std::string pointer = "/" + std::string(full_key(key));
    std::ranges::replace(pointer, '.', '/');
    const Json::json_pointer place(pointer);
    if (!document.contains(place) || !document.at(place).is_number()) return std::nullopt;
    return document.at(place).get<double>();
}

// What a worker does with the points of one simulation: their metrics, as a list.
std::string metrics_of(PointLoader& loader, const DesignSpace& space, const std::vector<PointIndex>& points) {
    const ExperimentConfig experiment = loader.load(space.values(points.front()));
    const Simulation simulation = octet::simulate(experiment);
    Json list = Json::array({sweep_metrics(to_json(simulation.result))});
    for (std::size_t i = 1; i < points.size(); ++i) {
        const ExperimentConfig priced = loader.load(space.values(points[i]));
        list.push_back(sweep_metrics(to_json(with_prices_of(simulation, priced))));
    }
    return list.dump();
}

}  // namespace

std::vector<SweepObjective> objectives_or_default(const SweepConfig& config) {
    if (!config.objectives.empty()) return config.objectives;
    std::vector<SweepObjective> all;
    for (const char* metric : {"latency_ms", "energy_uj", "area_mm2"}) all.push_back({metric, false, {}});
    return all;
}

void demand_shardable(const SweepConfig& config, std::uint64_t shards) {
    if (shards > 1 && config.strategy.kind == StrategyKind::evolve)
        throw InputError(
            config.strategy.where, "strategy",
            "an evolution cannot be split into shards, since the results of a generation choose the "
            "next one; grid and random can");
}

std::uint64_t SweepResult::count(PointStatus status) const {
    return static_cast<std::uint64_t>(std::ranges::count(points, status, &SweepPoint::status));
}

Sweep::Sweep(const SweepConfig& config, const DesignSpace& space, PointLoader& loader, SweepStore& store,
             const SweepOptions& options)
    : config_(config),
      space_(space),
      loader_(loader),
      store_(store),
      options_(options),
      objectives_(objectives_or_default(config)) {
    demand_shardable(config, options.shards);
    check_metrics();
    check_axes();
}

void Sweep::check_metrics() const {
    Diagnostics wrong;
    for (std::size_t i = 0; i < config_.objectives.size(); ++i) {
        const SweepObjective& objective = config_.objectives[i];
        if (!is_sweep_metric(objective.metric))
            wrong.add(objective.where, fmt::format("objectives[{}]", i),
                      fmt::format("{} is no metric{}; there are {}", in_quotes(objective.metric),
                                  did_you_mean(objective.metric, sweep_metric_names()),
                                  any_of(sweep_metric_names())));
    }
    wrong.throw_if_any();
}

// Each value of each dimension, the others at their first. An axis none of whose values makes an experiment
// is at fault itself; so is one without values.
void Sweep::check_axes() {
    Diagnostics wrong;
    std::optional<ExperimentConfig> sound;
    for (std::size_t d = 0; d < space_.dimensions(); ++d) {
        std::optional<Diagnostics> first_fault;
        bool good = false;
        for (std::uint32_t i = 0; i < space_.size(d) && !good; ++i) {
            PointIndex index(space_.dimensions(), 0);
            index[d] = i;
            try {
                sound = loader_.load(space_.values(index));
                good = true;
            } catch (const InputError& error) {
                if (!first_fault) first_fault = error.diagnostics();
            }
        }
        if (!good && first_fault) wrong.append(*first_fault);
    }
    if (space_.dimensions() == 0) sound = loader_.load({});
    wrong.throw_if_any();
    for (std::size_t i = 0; i < config_.constraints.size(); ++i) {
        const SweepConstraint& constraint = config_.constraints[i];
        if (is_sweep_metric(constraint.key)) {
            of_result_.push_back(constraint);
        } else if (sound && config_number(*sound, constraint.key)) {
            of_config_.push_back(constraint);
        } else {
            wrong.add(
                constraint.where, fmt::format("constraints[{}]", i),
                fmt::format("{} is neither a metric nor a number of the configuration{}",
                            in_quotes(constraint.key), did_you_mean(constraint.key, sweep_metric_names())));
        }
    }
    wrong.throw_if_any();
}

std::optional<Sweep::Planned> Sweep::plan(const PointIndex& index) {
    const auto values = space_.values(index);
    try {
        const ExperimentConfig experiment = loader_.load(values);
        for (const SweepConstraint& constraint : of_config_) {
            const auto number = config_number(experiment, constraint.key);
            if (!number || !holds(constraint.comparison, *number, constraint.bound)) return std::nullopt;
        }
        std::string simulation = simulation_hash(experiment);
        std::string key = simulation + "/" + price_hash(experiment);
        return Planned{index, std::move(key), std::move(simulation), {}};
    } catch (const InputError& error) {
        return Planned{index, fmt::format("invalid {}", config_json(values).dump()), {}, error.what()};
    }
}

SweepPoint Sweep::counted(const StoredPoint& point) const {
    SweepPoint counted{point.id, point.status, point.config, point.metrics, false, false};
    counted.feasible =
        point.status == PointStatus::done && std::ranges::all_of(of_result_, [&](const SweepConstraint& c) {
            const auto found = point.metrics.find(c.key);
            return found != point.metrics.end() && found->is_number() &&
                   holds(c.comparison, found->get<double>(), c.bound);
        });
    return counted;
}

std::optional<StoredPoint> Sweep::settled(const std::string& key) {
    const auto settles = [&](const std::optional<StoredPoint>& point) {
        return point && !(options_.retry_failed && point->status == PointStatus::failed);
    };
    if (auto stored = store_.find(key); settles(stored)) return stored;
    if (options_.known == nullptr) return std::nullopt;
    auto known = options_.known->find(key);
    if (!settles(known)) return std::nullopt;
    known->id = store_.put(*known);
    return known;
}

std::vector<std::optional<SweepPoint>> Sweep::evaluate(const std::vector<PointIndex>& points) {
    std::vector<std::optional<Planned>> planned;
    std::vector<Planned> fresh;
    std::set<std::string> asked;
    Ended ended;
    for (const PointIndex& point : points) {
        planned.push_back(plan(point));
        if (!planned.back()) {
            ++result_.excluded;
            continue;
        }
        const Planned& p = *planned.back();
        if (!asked.insert(p.key).second) continue;  // two points that are one experiment
        ++state_.total;
        if (auto known = settled(p.key)) {
            if (p.refusal.empty()) ++result_.reused;
            ++state_.known;
            note(ended.emplace(p.key, counted(*known)).first->second);
        } else if (!p.refusal.empty()) {
            StoredPoint refused{
                0, p.key, PointStatus::invalid, p.refusal, config_json(space_.values(point)), Json::object(),
                0};
            refused.id = store_.put(refused);
            ++state_.known;
            note(ended.emplace(p.key, counted(refused)).first->second);
        } else {
            fresh.push_back(p);
        }
    }
    simulate(std::move(fresh), ended);
    std::vector<std::optional<SweepPoint>> results;
    std::set<std::string> missing;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        if (!planned[i]) {
            if (missing.empty()) results.emplace_back();
            continue;
        }
        const auto found = ended.find(planned[i]->key);
        if (found == ended.end()) {  // stopped before its turn
            if (missing.insert(planned[i]->key).second) result_.missing.push_back(i);
            continue;
        }
        SweepPoint point = found->second;
        point.config = config_json(space_.values(points[i]));  // another sweep may have stored it
        if (counted_.insert(point.id).second) result_.points.push_back(point);
        if (missing.empty()) results.emplace_back(std::move(point));
    }
    return results;
}

void Sweep::note(const SweepPoint& point) {
    ++state_.ended;
    const Objectives costs = objectives_of(point);
    if (!costs) return;
    front_.add(*costs);
    state_.front = front_.size();
    state_.best = front_.least(0) * (objectives_[0].maximize ? -1 : 1);
}

void Sweep::simulate(std::vector<Planned> fresh, Ended& ended) {
    // Points that differ in prices alone are one piece of work.
    std::vector<std::vector<Planned>> work;
    std::map<std::string, std::size_t> place;
    for (Planned& p : fresh) {
        const auto [at, is_new] = place.emplace(p.simulation, work.size());
        if (is_new) work.emplace_back();
        work[at->second].push_back(std::move(p));
    }
    WorkerPool pool(options_.limits);
    std::vector<std::chrono::steady_clock::time_point> begun(work.size());
    for (std::size_t next = 0; (next < work.size() && !stopped()) || pool.running() > 0;) {
        for (; next < work.size() && !stopped() && pool.running() < options_.jobs; ++next) {
            begun[next] = std::chrono::steady_clock::now();
            pool.start(next, [&, next] {
                std::vector<PointIndex> points;
                for (const Planned& p : work[next]) points.push_back(p.index);
                return metrics_of(loader_, space_, points);
            });
        }
        const auto worker = pool.wait();
        if (!worker) continue;
        const WorkerResult& result = worker->result;
        ++result_.simulated;
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun[worker->id]).count();
        const Json list = result.done ? Json::parse(result.text) : Json::array();
        for (std::size_t i = 0; i < work[worker->id].size(); ++i) {
            const Planned& p = work[worker->id][i];
            StoredPoint point{
                0,      p.key, PointStatus::done, {}, config_json(space_.values(p.index)), Json::object(),
                seconds};
            if (result.done) {
                point.metrics = list.at(i);
            } else {
                point.status = PointStatus::failed;
                point.message = result.text;
                ++state_.failed;
            }
            point.id = store_.put(point);
            note(ended.emplace(p.key, counted(point)).first->second);
            if (watch_) watch_(state_);
        }
    }
}

Objectives Sweep::objectives_of(const SweepPoint& point) const {
    if (!point.feasible) return std::nullopt;
    std::vector<double> costs;
    for (const SweepObjective& objective : objectives_) {
        const Json& value = point.metrics.at(objective.metric);
        if (!value.is_number()) return std::nullopt;
        costs.push_back(objective.maximize ? -value.get<double>() : value.get<double>());
    }
    return costs;
}

std::vector<PointIndex> Sweep::all_points() const {
    if (config_.strategy.kind == StrategyKind::random)
        return draw_points(space_, config_.strategy.points, config_.strategy.seed);
    std::vector<PointIndex> points;
    for (std::uint64_t number = 0; number < space_.points(); ++number) points.push_back(space_.at(number));
    return points;
}

SweepResult Sweep::run(const SweepWatch& watch) {
    watch_ = watch;
    const SweepStrategy& strategy = config_.strategy;
    if (strategy.kind == StrategyKind::evolve) {
        evolve(space_, {strategy.population, strategy.evaluations, strategy.seed},
               [&](const std::vector<PointIndex>& points) {
                   std::vector<Objectives> objectives;
                   for (const auto& point : evaluate(points))
                       objectives.push_back(point ? objectives_of(*point) : std::nullopt);
                   return objectives;
               });
    } else {
        std::vector<PointIndex> points = all_points(), mine;
        for (std::size_t i = options_.shard; i < points.size(); i += options_.shards)
            mine.push_back(std::move(points[i]));
        evaluate(mine);
        for (std::uint64_t& number : result_.missing) number = options_.shard + number * options_.shards;
    }
    mark_front();
    return std::move(result_);
}

void Sweep::mark_front() {
    std::vector<std::vector<double>> costs;
    std::vector<SweepPoint*> compared;
    for (SweepPoint& point : result_.points)
        if (auto cost = objectives_of(point)) {
            costs.push_back(std::move(*cost));
            compared.push_back(&point);
        }
    const auto front = pareto_front(costs);
    for (std::size_t i = 0; i < front.size(); ++i) compared[i]->pareto = front[i];
}

nlohmann::ordered_json to_json(const SweepResult& result, const SweepConfig& config,
                               const std::string& store) {
    Json pareto = Json::array(), ids = Json::array(), objectives = Json::array();
    for (const SweepPoint& point : result.points) {
        ids.push_back(point.id);
        if (point.pareto) pareto.push_back(point.id);
    }
    for (const SweepObjective& objective : objectives_or_default(config))
        objectives.push_back(objective.metric);
    return {{"schema", 1},
            {"octet", OCTET_VERSION},
            {"points", result.points.size()},
            {"done", result.count(PointStatus::done)},
            {"failed", result.count(PointStatus::failed)},
            {"invalid", result.count(PointStatus::invalid)},
            {"excluded", result.excluded},
            {"pareto", std::move(pareto)},
            {"complete", result.complete()},
            {"store", store.empty() ? Json(nullptr) : Json(store)},
            {"base", config.base},
            {"objectives", std::move(objectives)},
            {"ids", std::move(ids)}};
}

}  // namespace octet
