#include "sim/cli/kinds.h"

#include <array>

#include "sim/config/experiment_keys.h"
#include "sim/config/layers.h"
#include "sim/config/reader.h"
#include "sim/config/sweep_keys.h"
#include "sim/cost/describe.h"
#include "sim/cost/prices.h"
#include "sim/cost/read.h"
#include "sim/workload/keys.h"
#include "sim/workload/load.h"

namespace octet {
namespace {

void check_workload_or_trace(Node root, Findings& findings) {
    check_workload(root, findings.errors);
}

void check_costs(Node root, Findings& findings) {
    read_costs(root, *root.location.file, findings.errors);
}

// Every price that the machine needs is there; which rows it does not need.
void check_prices(const ExperimentConfig& experiment, Findings& findings) {
    const Node& costs = experiment.costs();
    findings.costs = read_costs(costs, *costs.location.file, findings.errors);
    if (!findings.errors.empty()) return;
    try {
        const std::vector<bool> used =
            used_rows(resolve(findings.costs, experiment.accelerator), findings.costs);
        for (std::size_t i = 0; i < used.size(); ++i)
            if (!used[i]) findings.unused.push_back(i);
    } catch (const CostError& error) {
        findings.errors.add(costs.location, "costs", error.what());
    }
}

void check_experiment(Node root, Findings& findings) {
    put_files(root, findings.errors);
    const ExperimentConfig experiment = read_experiment(std::move(root), findings.errors);
    const auto is_there = [&](std::string_view key) {
        const Node* file = experiment.tree.at(key);
        return file != nullptr && !file->faulty;
    };
    if (is_there("workload")) check_workload(experiment.workload(), experiment.phase, findings.errors);
    if (is_there("costs")) check_prices(experiment, findings);
}

void check_accelerator(Node root, Findings& findings) {
    put_files(root, findings.errors);
    read_accelerator(root, findings.errors);
}

void check_dram(Node root, Findings& findings) {
    DramDeviceConfig config;
    read(root, config, findings.errors, {"kind"});
}

// The base is checked as a file of its own, if there is one.
void check_sweep(Node root, Findings& findings) {
    const SweepConfig sweep = read_sweep(root, findings.errors);
    if (sweep.base.empty()) return;
    constexpr auto kinds = std::to_array<std::string_view>({"experiment"});
    Findings of_base;
    check_experiment(load_layers(sweep.base, kinds), of_base);
    findings.errors.append(of_base.errors);
}

template <class T>
Json schema_of(std::string_view kind) {
    T value;
    return file_schema(kind, [&](SchemaWriter& v) { describe(v, value); });
}

Json experiment_schema() {
    return file_schema("experiment", [](SchemaWriter& v) {
        const Json file{{"anyOf", {{{"type", "string"}}, {{"type", "object"}}}}};
        v.put("accelerator", file, "a file of kind accelerator, or keys that reach into the extended one",
              required);
        v.put("workload", file, "a file of kind workload or trace", required);
        v.put("costs", file, "a file of kind costs", required);
        ExperimentConfig value;
        describe(v, value);
    });
}

Json sweep_schema() {
    return file_schema("sweep", [](SchemaWriter& v) {
        SweepConfig value;
        describe(v, value);
        const Json numbers{
            {"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 3}, {"maxItems", 3}};
        const Json spaced{
            {"type", "object"},
            {"properties", {{"log", numbers}, {"range", numbers}, {"same_as", {{"type", "string"}}}}},
            {"additionalProperties", false}};
        const Json axis{{"anyOf", {{{"type", "array"}, {"minItems", 1}}, spaced}}};
        const Json name{{"type", "string"}}, names{{"type", "array"}, {"items", name}};
        const Json objective{{"type", "object"},
                             {"properties", {{"minimize", name}, {"maximize", name}}},
                             {"additionalProperties", false}};
        v.put("axes", {{"type", "object"}, {"additionalProperties", axis}}, "dotted keys and their values",
              required);
        v.put("zip", {{"type", "array"}, {"items", names}}, "axes that move together");
        v.put("constraints", names, "points to leave out, such as \"area_mm2 < 5\"");
        v.put("objectives", {{"type", "array"}, {"items", objective}}, "what makes a point good");
    });
}

constexpr auto table = std::to_array<KindOfFile>({
    {"experiment", check_experiment, experiment_schema},
    {"accelerator", check_accelerator, [] { return schema_of<AcceleratorConfig>("accelerator"); }},
    {"costs", check_costs, [] { return schema_of<CostTable>("costs"); }},
    {"workload", check_workload_or_trace, [] { return schema_of<TransformerDescription>("workload"); }},
    {"trace", check_workload_or_trace, [] { return schema_of<TraceDocument>("trace"); }},
    {"dram", check_dram, [] { return schema_of<DramDeviceConfig>("dram"); }},
    {"sweep", check_sweep, sweep_schema},
});

}  // namespace

std::span<const KindOfFile> kinds_of_files() {
    return table;
}

const KindOfFile* find_kind(std::string_view name) {
    for (const auto& row : table)
        if (row.name == name) return &row;
    return nullptr;
}

}  // namespace octet
