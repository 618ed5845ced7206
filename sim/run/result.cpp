#include "sim/run/result.h"

#include "sim/run/activity_json.h"
#include "sim/run/costs_json.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) {
    return number_json(value);
}

Json stalls_of(const StallCounts& stalls) {
    Json object = Json::object();
    for (std::size_t i = 0; i < stall_cause_count; ++i)
        object[std::string(name(static_cast<StallCause>(i)))] = stalls[i];
    return object;
}

Json cycles_of(const Result& result) {
    StallCounts stalls{};
    Json units = Json::object();
    for (std::size_t u = 0; u < unit_count; ++u) {
        const UnitTimes& times = result.machine.units[u];
        for (std::size_t i = 0; i < stall_cause_count; ++i) stalls[i] += times.stalls[i];
        units[std::string(name(static_cast<Unit>(u)))] = {
            {"busy", times.busy},
            {"stall", times.stall()},
            {"idle", result.machine.total - times.busy - times.stall()}};
    }
    return {{"total", result.machine.total},
            {"ideal", result.ideal},
            {"utilization", number(result.utilization)},
            {"stalls", stalls_of(stalls)},
            {"units", units}};
}

// `keys` without values where there are no numerics.
void add_numerics(Json& object, const std::optional<NumericsResult>& numerics) {
    const NumericsResult n = numerics.value_or(NumericsResult{});
    const auto count = [&](std::uint64_t value) { return numerics ? Json(value) : Json(nullptr); };
    object["sqnr_db"] = number(n.sqnr_db);
    object["max_abs_error"] = number(n.max_abs_error);
    object["saturated"] = count(n.saturated);
    object["underflowed"] = count(n.underflowed);
    object["nar"] = count(n.nar);
}

void add_scores(Json& object, const Scores& scores) {
    object["nll"] = number(scores.nll);
    object["perplexity"] = number(scores.perplexity);
    object["accuracy"] = number(scores.accuracy);
}

Json numerics_of(const Result& result) {
    if (!result.numerics) return nullptr;
    Json object = Json::object();
    add_numerics(object, result.numerics);
    add_scores(object, result.scores.value_or(Scores{}));
    add_scores(object["reference"], result.reference.value_or(Scores{}));
    return object;
}

Json operation_of(const OperationResult& operation, const Activity& activity) {
    Json object = {{"name", operation.name},
                   {"kind", operation.kind},
                   {"macs", operation.macs},
                   {"start", operation.start},
                   {"end", operation.end},
                   {"cycles", operation.end - operation.start},
                   {"array_cycles", operation.array_cycles},
                   {"array_stalls", stalls_of(operation.array_stalls)},
                   {"ideal_cycles", number(operation.ideal_cycles)},
                   {"bound_by", operation.bound_by.empty() ? Json(nullptr) : Json(operation.bound_by)},
                   {"intensity", number(operation.roofline.intensity)},
                   {"attainable", number(operation.roofline.attainable)},
                   {"attained", number(operation.roofline.attained)},
                   {"stalls", stalls_of(operation.stalls)},
                   {"energy_pj", number(operation.energy.total)},
                   {"components", components_json(operation.energy)},
                   {"activity", activity_json(activity)}};
    add_numerics(object, operation.numerics);
    return object;
}

}  // namespace

nlohmann::ordered_json to_json(const Result& result) {
    Json operations = Json::array();
    for (std::size_t i = 0; i < result.operations.size(); ++i)
        operations.push_back(operation_of(result.operations[i], i < result.machine.operations.size()
                                                                    ? result.machine.operations[i].activity
                                                                    : Activity{}));
    Json json{
        {"schema", 1},
        {"octet", OCTET_VERSION},
        {"accelerator", result.accelerator},
        {"workload", result.workload},
        {"phase", result.phase},
        {"seed", result.seed},
        {"cycles", cycles_of(result)},
        {"seconds", number(result.seconds)},
        {"macs", result.macs},
        {"energy", energy_json(result.energy)},
        {"area", area_json(result.area)},
        {"costs", costs_json(result.cost_table, result.scaling, result.energy_lines, result.area_lines)},
        {"dram_state",
         {{"active_cycles", number(result.machine.dram_active)},
          {"refreshes", result.machine.dram_refreshes}}},
        {"traffic",
         {{"dram_read_bytes", result.machine.dram_read_bytes},
          {"dram_write_bytes", result.machine.dram_write_bytes},
          {"sram_read_bytes", result.machine.sram_read_bytes},
          {"sram_write_bytes", result.machine.sram_write_bytes}}},
        {"metrics",
         {{"tops_per_watt", number(result.tops_per_watt)},
          {"edp", number(result.edp)},
          {"mfu", number(result.mfu)},
          {"hfu", number(result.hfu)},
          {"tokens_per_second", number(result.tokens_per_second)},
          {"joules_per_token", number(result.joules_per_token)},
          {"ridge", number(result.ridge)},
          {"intensity", number(result.roofline.intensity)},
          {"attainable", number(result.roofline.attainable)},
          {"attained", number(result.roofline.attained)}}},
        {"operations", operations},
        {"numerics", numerics_of(result)}};
    if (result.machine.host_read_bytes + result.machine.host_write_bytes > 0) {
        json["traffic"]["host_read_bytes"] = result.machine.host_read_bytes;
        json["traffic"]["host_write_bytes"] = result.machine.host_write_bytes;
    }
    for (const GradientScale& g : result.gradient_scales)
        json["gradient_scales"].push_back(
            {{"tensor", g.tensor}, {"amax", number(g.amax)}, {"scale", number(g.scale)}});
    if (result.memory) json["memory"] = memory_json(*result.memory);
    for (const TensorHistogram& histogram : result.histograms)
        json["histograms"].push_back(to_json(histogram));
    return json;
}

std::string to_text(const nlohmann::ordered_json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_text(const Result& result) {
    return to_text(to_json(result));
}

}  // namespace octet
