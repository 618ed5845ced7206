#include "sim/run/explanation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>

namespace octet {
namespace {

using Track = CycleLog::Track;
using Stretch = IntervalLog::Interval;
constexpr std::size_t track_count = CycleLog::track_count;

constexpr std::array<std::string_view, 8> resources{"array",       "vector",    "sram",       "input_port",
                                                    "weight_port", "load_port", "store_port", "dram"};
enum Resource : std::uint8_t {
    on_array,
    on_vector,
    on_sram,
    on_input,
    on_weight,
    on_load,
    on_store,
    on_dram,
    none
};

Resource resource_of(std::string_view name) {
    const auto it = std::ranges::find(resources, name);
    if (it == resources.end() && !name.empty())
        throw std::logic_error("an unknown resource bounds an operation");
    return static_cast<Resource>(it - resources.begin());
}

// An operation, or the whole run, on its way through time.
struct Subject {
    std::optional<OperationId> operation;  // whose commands do its work; nothing: all of them
    Resource bound = none;
    bool product = false;  // its main unit is the array, not the vector unit
    Cycle from = 0, to = 0;
    Explanation* explanation = nullptr;
};

// What the tracks show in some stretch of time in which none of them changes.
class Moment {
  public:
    const Stretch& at(Track track) const { return now_[static_cast<std::size_t>(track)]; }
    bool present(Track track) const { return present_[static_cast<std::size_t>(track)]; }
    void set(std::size_t track, const Stretch& interval, bool present) {
        now_[track] = interval;
        present_[track] = present;
    }
    // The resource that bounds the subject works for it.
    bool works(const Subject& s) const {
        switch (s.bound) {
            case on_array:
                return busy(s, Track::array, BusyWith::work);
            case on_vector:
                return busy(s, Track::vector, BusyWith::work);
            case on_sram:
                return present(Track::sram);
            case on_input:
                return own(s, Track::input_fill);
            case on_weight:
                return own(s, Track::weight_fill);
            case on_load:
                return busy(s, Track::load, BusyWith::work);
            case on_store:
                return busy(s, Track::store, BusyWith::work);
            case on_dram:
                return busy(s, Track::load, BusyWith::work) || busy(s, Track::store, BusyWith::work);
            default:
                return false;
        }
    }
    // What the units did for it instead: its main unit first.
    Reason reason(const Subject& s) const {
        const Track main = s.product ? Track::array : Track::vector;
        if (present(main)) return own(s, main) ? doing(main) : Reason::other_operations;
        for (const Track track : {Track::vector, Track::load, Track::store})
            if (own(s, track)) return doing(track);
        for (const Track track : {Track::array, Track::vector, Track::load, Track::store})
            if (present(track)) return Reason::other_operations;
        return Reason::idle;
    }

  private:
    bool own(const Subject& s, Track track) const {
        return present(track) && (!s.operation || at(track).operation == *s.operation);
    }
    bool busy(const Subject& s, Track track, BusyWith with) const {
        return own(s, track) && at(track).state == static_cast<std::uint8_t>(with);
    }
    Reason doing(Track track) const {
        const std::uint8_t state = at(track).state;
        if (state >= CycleLog::stalled_from)
            return reason_of(static_cast<StallCause>(state - CycleLog::stalled_from));
        switch (static_cast<BusyWith>(state)) {
            case BusyWith::weights:
                return Reason::weights;
            case BusyWith::drain:
                return Reason::drain;
            default:
                return track == Track::array    ? Reason::array
                       : track == Track::vector ? Reason::vector
                       : track == Track::load   ? Reason::load
                                                : Reason::store;
        }
    }
    std::array<Stretch, track_count> now_;
    std::array<bool, track_count> present_{};
};

// Walks through the run from change to change.
void sweep(const std::array<IntervalLog, track_count>& logs, std::vector<Subject> subjects) {
    std::ranges::stable_sort(subjects, {}, &Subject::from);
    std::vector<IntervalLog::Reader> readers;
    std::array<Stretch, track_count> next;
    for (std::size_t i = 0; i < track_count; ++i) readers.emplace_back(logs[i]).next(next[i]);
    std::vector<Subject> active;
    auto coming = subjects.begin();
    Moment moment;
    for (Cycle at = 0; !active.empty() || coming != subjects.end();) {
        for (; coming != subjects.end() && coming->from <= at; ++coming)
            if (coming->to > coming->from) active.push_back(*coming);
        Cycle until = coming != subjects.end() ? coming->from : ~Cycle{0};
        for (const Subject& s : active) until = std::min(until, s.to);
        for (std::size_t i = 0; i < track_count; ++i) {
            while (next[i].to <= at) readers[i].next(next[i]);
            const bool present = next[i].from <= at;
            until = std::min(until, present ? next[i].to : next[i].from);
            moment.set(i, next[i], present);
        }
        for (const Subject& s : active) {
            const Reason reason = moment.works(s) ? Reason::below_peak : moment.reason(s);
            s.explanation->reasons[static_cast<std::size_t>(reason)] += until - at;
        }
        at = until;
        std::erase_if(active, [&](const Subject& s) { return s.to <= at; });
    }
}

// Whole cycles; a whole number stays what it is.
Cycle rounded_up(double cycles) {
    return static_cast<Cycle>(std::ceil(cycles * (1 - 1e-12)));
}

// From cycles by what went on in them to reasons beside the ideal ones.
void settle(Explanation& e) {
    Cycle ideal = e.ideal;
    const auto take = [&](Reason reason) {
        Cycle& cycles = e.reasons[static_cast<std::size_t>(reason)];
        const Cycle taken = std::min(cycles, ideal);
        cycles -= taken;
        ideal -= taken;
    };
    e.worked = e.reasons[static_cast<std::size_t>(Reason::below_peak)];
    take(Reason::below_peak);
    take(Reason::other_operations);
    for (std::size_t r = 0; r < reason_count; ++r) take(static_cast<Reason>(r));
    if (ideal > 0 || std::accumulate(e.reasons.begin(), e.reasons.end(), e.ideal) != e.cycles)
        throw std::logic_error("the reasons of an operation do not add up");
}

// Of a unit whose states tell what an operation waits for; others have none.
std::optional<Track> track_of(Unit unit) {
    switch (unit) {
        case Unit::array:
            return Track::array;
        case Unit::vector:
            return Track::vector;
        case Unit::load:
            return Track::load;
        case Unit::store:
            return Track::store;
        default:
            return std::nullopt;
    }
}

nlohmann::ordered_json json_of(const Explanation& explanation) {
    nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
    for (std::size_t r = 0; r < reason_count; ++r)
        reasons[std::string(name(static_cast<Reason>(r)))] = explanation.reasons[r];
    nlohmann::ordered_json bound = nullptr;
    if (!explanation.bound_by.empty()) bound = explanation.bound_by;
    return {{"bound_by", bound},
            {"cycles", explanation.cycles},
            {"ideal", explanation.ideal},
            {"worked", explanation.worked},
            {"reasons", reasons}};
}

}  // namespace

std::string_view name(Reason reason) {
    constexpr std::array<std::string_view, static_cast<std::size_t>(Reason::stalls)> names{
        "below_peak", "weights", "drain", "array", "vector", "load", "store"};
    if (reason < Reason::stalls) return names[static_cast<std::size_t>(reason)];
    if (reason == Reason::other_operations) return "other_operations";
    if (reason == Reason::idle) return "idle";
    return name(static_cast<StallCause>(static_cast<std::uint8_t>(reason) -
                                        static_cast<std::uint8_t>(Reason::stalls)));
}

void CycleLog::busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) {
    if (unit == Unit::sram)
        log(Track::sram).add({from, to, 0, 0});
    else if (const auto track = track_of(unit))
        log(*track).add({from, to, static_cast<std::uint8_t>(with), operation});
}

void CycleLog::stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) {
    if (const auto track = track_of(unit))
        log(*track).add({from, to, static_cast<std::uint8_t>(stalled_from + static_cast<std::uint8_t>(cause)),
                         operation});
}

void CycleLog::executed(Engine engine, OperationId operation, const CommandView&, Cycle from, Cycle free,
                        Cycle) {
    if (engine == Engine::input_fill) log(Track::input_fill).add({from, free, 0, operation});
    if (engine == Engine::weight_fill) log(Track::weight_fill).add({from, free, 0, operation});
}

RunExplanation CycleLog::explain(const Simulation& simulation) {
    for (IntervalLog& log : logs_) log.close();
    const Graph& graph = simulation.graph;
    const Result& result = simulation.result;
    std::vector<OperationId> hosts(graph.operations.size());
    std::iota(hosts.begin(), hosts.end(), OperationId{0});
    for (const KernelChoice& kernel : simulation.choices)
        for (const OperationId fused : kernel.fused) hosts[fused] = kernel.operation;

    RunExplanation all;
    all.operations.resize(graph.operations.size());
    std::vector<Subject> subjects;
    bool products = false;
    for (OperationId id = 0; id < graph.operations.size(); ++id) {
        const OperationResult& seen = result.operations[id];
        Explanation& e = all.operations[id];
        e.bound_by = seen.bound_by;
        e.cycles = seen.end - seen.start;
        e.ideal = rounded_up(seen.ideal_cycles);
        const bool product = result.machine.operations[hosts[id]].used_array;
        products |= product;
        subjects.push_back({hosts[id], resource_of(seen.bound_by), product, seen.start, seen.end, &e});
    }
    all.run.bound_by = result.bound_by;
    all.run.cycles = result.machine.total;
    all.run.ideal = result.ideal;
    subjects.push_back(
        {std::nullopt, resource_of(result.bound_by), products, 0, result.machine.total, &all.run});
    sweep(logs_, subjects);

    for (Explanation& e : all.operations) settle(e);
    settle(all.run);
    return all;
}

void add_explanation(nlohmann::ordered_json& document, const RunExplanation& explanation) {
    document["explanation"] = json_of(explanation.run);
    for (std::size_t i = 0; i < explanation.operations.size(); ++i)
        document["operations"][i]["explanation"] = json_of(explanation.operations[i]);
}

}  // namespace octet
