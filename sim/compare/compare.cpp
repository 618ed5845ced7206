#include "sim/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/config/accelerator_keys.h"
#include "sim/run/simulate.h"
#include "sim/run/workers.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

bool contains(const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

// Keys that would follow the preset if the machine did not fix them: that holds for all rows.
std::vector<std::string> fixed_values(const ComparePlan& plan, const ExperimentConfig& experiment) {
    std::vector<std::string> notes;
    if (!contains(plan.dimensions, "format")) return notes;
    for (const std::string_view key : {"buffers.accumulation.format", "vector.format", "softmax.unit"}) {
        if (key == "softmax.unit" && contains(plan.dimensions, "softmax")) continue;
        const Node* node = experiment.tree.at(fmt::format("accelerator.{}", key));
        if (node != nullptr && node->is_scalar() && node->text != "auto")
            notes.push_back(fmt::format("{} is {} in every row: the machine fixes it ({})", key, node->text,
                                        to_string(node->location)));
    }
    return notes;
}

ComparedRow as_loaded(const CompareRow& row, const AcceleratorConfig& machine) {
    ComparedRow compared;
    compared.values = row.values;
    compared.format = machine.pe.preset;
    compared.fusion = name_in(fusion_names, machine.fusion);
    compared.softmax = name_in(softmax_unit_names, machine.softmax.unit);
    compared.array = fmt::format("{}x{}", machine.array.rows, machine.array.cols);
    return compared;
}

Json number(const std::optional<double>& value, bool integer) {
    if (!value || !std::isfinite(*value)) return nullptr;
    return integer ? Json(static_cast<std::uint64_t>(*value)) : Json(*value);
}

}  // namespace

bool FormatComparison::complete() const {
    return std::ranges::all_of(rows, [](const ComparedRow& row) { return row.error.empty(); });
}

FormatComparison compare(const ComparePlan& plan,
                         const std::function<ExperimentConfig(const std::vector<Setting>&)>& load,
                         std::size_t parallel, const RowEnded& ended) {
    FormatComparison comparison;
    comparison.dimensions = plan.dimensions;
    std::vector<ExperimentConfig> experiments;
    Diagnostics diagnostics;
    std::set<std::string> messages;  // what is wrong with every row is told once
    for (const CompareRow& row : plan.rows) {
        try {
            experiments.push_back(load(row.settings));
            comparison.rows.push_back(as_loaded(row, experiments.back().accelerator));
        } catch (const InputError& error) {
            if (messages.insert(error.what()).second) diagnostics.append(error.diagnostics());
        }
    }
    diagnostics.throw_if_any();
    comparison.notes = fixed_values(plan, experiments.front());

    const auto work = [&](std::size_t row) { return to_json(simulate(experiments[row]).result).dump(); };
    const auto told = [&](std::size_t row, const WorkerResult& result) {
        if (ended) ended(plan.rows[row], !result.done);
    };
    const auto results = in_workers(plan.rows.size(), parallel, work, told);
    std::vector<Figures> machines;
    for (std::size_t i = 0; i < results.size(); ++i) {
        ComparedRow& row = comparison.rows[i];
        row.baseline = plan.baselines[i];
        if (!results[i].done) {
            row.error = results[i].text;
            continue;
        }
        row.result = Json::parse(results[i].text);
        row.figures = figures_of(row.result);
        machines.push_back(row.figures);
    }
    const auto best = best_of(machines);
    const auto pareto = pareto_of(machines);
    std::size_t machine = 0;
    for (ComparedRow& row : comparison.rows) {
        if (!row.error.empty()) continue;
        row.relative = relative_to(row.figures, comparison.rows[row.baseline].figures);
        row.best = best[machine];
        row.pareto = pareto[machine++];
    }
    return comparison;
}

nlohmann::ordered_json to_json(const FormatComparison& comparison) {
    Json rows = Json::array();
    for (const ComparedRow& row : comparison.rows) {
        Json object{{"format", row.format}};
        Json relative = Json::object();
        for (std::size_t i = 0; i < metric_count; ++i) {
            object[std::string(metrics[i].key)] = number(row.figures[i], metrics[i].integer);
            relative[std::string(metrics[i].key)] = number(row.relative[i], false);
        }
        object["baseline_row"] = row.baseline;
        object["relative"] = std::move(relative);
        object["fusion"] = row.fusion;
        object["softmax"] = row.softmax;
        object["array"] = row.array;
        object["pareto"] = row.pareto;
        object["energy"] = row.result.at("energy");
        object["area"] = row.result.at("area");
        rows.push_back(std::move(object));
    }
    const Json& first = comparison.rows.front().result;
    return {{"schema", 1},
            {"octet", OCTET_VERSION},
            {"accelerator", first.at("accelerator")},
            {"workload", first.at("workload")},
            {"phase", first.at("phase")},
            {"baseline", comparison.rows[comparison.rows.front().baseline].format},
            {"dimensions", comparison.dimensions},
            {"notes", comparison.notes},
            {"rows", rows}};
}

}  // namespace octet
