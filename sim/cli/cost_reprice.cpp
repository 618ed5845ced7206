// octet cost reprice RESULT --costs T
#include "sim/cli/cost.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/paths.h"
#include "sim/report/cost_lines.h"
#include "sim/report/files.h"
#include "sim/run/reprice.h"
#include "sim/run/result.h"

namespace octet {

int cost_reprice_verb(const CostRepriceOptions& options, std::string& out) {
    const StoredResult before = load_result(options.result);
    std::string table;
    for (const Setting& setting : options.settings)
        if (setting.key == "costs")
            table = setting.value;
        else if (!setting.key.starts_with("costs."))
            throw InputError(location_in(setting.label), setting.key,
                             "the run is done: only costs can be set");
    if (table.empty()) {
        print_error("--costs is missing: the table to price the result with");
        return 2;
    }
    const auto after = reprice(before, load_costs(resolve_argument(table), options.settings));
    if (!options.out.empty()) write_file(options.out, to_text(after));
    out += options.json ? to_text(after) : reprice_text(before, after);
    return 0;
}

}  // namespace octet
