// octet cost show A.yaml
#include "sim/cli/cost.h"
#include "sim/cli/verbs.h"
#include "sim/report/cost_lines.h"
#include "sim/run/result.h"

namespace octet {

int cost_show_verb(const CostShowOptions& options, std::string& out) {
    const PricedMachine priced = load_priced(options.file, options.settings);
    const PriceView view = view_of(priced.machine.name, resolve(priced.costs, priced.machine));
    out += options.json ? to_text(show_json(view)) : show_text(view);
    return 0;
}

}  // namespace octet
