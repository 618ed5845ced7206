// octet cost export FILE --as ert|art|action_counts|csv|yaml
#include <fmt/format.h>

#include <filesystem>

#include "sim/cli/cost.h"
#include "sim/cli/verbs.h"
#include "sim/config/paths.h"
#include "sim/config/yaml.h"
#include "sim/cost/accelergy.h"
#include "sim/cost/write.h"
#include "sim/report/cost_lines.h"
#include "sim/report/files.h"

namespace octet {
namespace {

using As = CostExportOptions::As;

// Prices of a machine, or what a run was charged.
struct Bill {
    std::string name;
    std::vector<EnergyLine> lines;
    std::vector<AreaLine> areas;
    double clock_mhz = 0;
};

bool is_result(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored) || path.ends_with(".json");
}

Bill bill_of(const CostExportOptions& options) {
    if (is_result(options.file)) {
        StoredResult result = load_result(options.file);
        return {result.title(), std::move(result.lines), std::move(result.areas),
                result.accelerator.clock_mhz};
    }
    const PricedMachine priced = load_priced(options.file, options.settings);
    PriceView view = view_of(priced.machine.name, resolve(priced.costs, priced.machine));
    return {view.machine, std::move(view.lines), std::move(view.areas), priced.machine.clock_mhz};
}

CostTable table_of(const CostExportOptions& options) {
    const std::string file = resolve_argument(options.file);
    if (kind_of(load_layers(file, all_kinds)) == "costs") return load_costs(file, options.settings);
    return load_priced(options.file, options.settings).costs;
}

std::string text_of(const CostExportOptions& options) {
    if (options.as == As::csv || options.as == As::yaml) {
        if (is_result(options.file))
            throw InputError(
                location_in(options.file), "",
                "a result holds the prices of its machine, not a table: --as ert, art or action_counts");
        const CostTable table = table_of(options);
        return options.as == As::csv ? costs_csv(table) : costs_yaml(table);
    }
    if (options.as == As::counts && !is_result(options.file))
        throw InputError(location_in(options.file), "",
                         "action counts are those of a run: name a result (.json, or its folder)");
    const Bill bill = bill_of(options);
    if (options.as == As::ert) return accelergy_ert(bill.lines, bill.areas, bill.clock_mhz);
    if (options.as == As::art) return accelergy_art(bill.areas);
    return accelergy_counts(bill.lines, bill.areas, bill.name, bill.clock_mhz);
}

}  // namespace

int cost_export_verb(const CostExportOptions& options, std::string& out) {
    const std::string text = text_of(options);
    return deliver(text, options.out, out);
}

}  // namespace octet
