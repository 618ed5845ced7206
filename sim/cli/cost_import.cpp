// octet cost import FILE...
#include <fmt/format.h>

#include <optional>

#include "sim/cli/cost.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/experiment.h"
#include "sim/config/paths.h"
#include "sim/config/text.h"
#include "sim/config/yaml.h"
#include "sim/cost/accelergy.h"
#include "sim/cost/machine.h"
#include "sim/cost/read.h"
#include "sim/cost/write.h"
#include "sim/report/files.h"

namespace octet {
namespace {

AccelergyMachine machine_of(const CostImportOptions& options) {
    if (options.accelerator.empty()) return {};
    const AcceleratorConfig machine = load_accelerator(resolve_argument(options.accelerator));
    const auto bits = [machine](std::string_view component, std::string_view action) {
        for (std::size_t i = 0; i < action_count; ++i) {
            const auto a = static_cast<Action>(i);
            if (counts_bits(a) && info(a).component == component && info(a).action == action)
                return access_bits(machine, a);
        }
        return 0.0;
    };
    return {bits, machine.clock_mhz};
}

CostTable from_accelergy(const CostImportOptions& options, Diagnostics& errors) {
    std::optional<Node> ert, art;
    for (const std::string& path : options.files) {
        Node root = read_yaml(path);
        const bool is_art = root.is_map() && root.find("ART") != nullptr;
        if (!is_art && (!root.is_map() || root.find("ERT") == nullptr))
            throw InputError(root.location, "",
                             "is no energy or area reference table: there is no key ERT or ART");
        std::optional<Node>& place = is_art ? art : ert;
        if (place) throw InputError(root.location, is_art ? "ART" : "ERT", "is the second one");
        place = std::move(root);
    }
    std::vector<AccelergyNames> names;
    for (const std::string& rename : options.names) {
        const std::size_t equals = rename.find('=');
        names.push_back({rename.substr(0, equals), rename.substr(equals + 1)});
    }
    std::vector<std::string> warnings;
    CostTable table = read_accelergy(ert ? &*ert : nullptr, art ? &*art : nullptr, names, machine_of(options),
                                     warnings, errors);
    for (const std::string& warning : warnings) print_error(warning);
    errors.throw_if_any();
    if (table.rows.empty())
        throw InputError(location_in(options.files.front()), "", "no price could be taken");
    return table;
}

CostTable from_csv(const std::string& path, Diagnostics& errors) {
    const std::string text = read_text_file(path);
    return read_costs(tree_of_csv(checked_text(text, path), path), path, errors);
}

}  // namespace

int cost_import_verb(const CostImportOptions& options, std::string& out) {
    const bool csv = options.files.front().ends_with(".csv");
    if (csv && options.files.size() > 1) {
        print_error("a table is one CSV file");
        return 2;
    }
    Diagnostics errors;
    const CostTable table = csv ? from_csv(options.files.front(), errors) : from_accelergy(options, errors);
    errors.throw_if_any();
    const std::string text = costs_yaml(table);
    // What was taken must be a table: units by their size, words, no row twice.
    read_costs(parse_yaml(text, options.files.front()), options.files.front(), errors);
    errors.throw_if_any();
    return deliver(text, options.out, out);
}

}  // namespace octet
