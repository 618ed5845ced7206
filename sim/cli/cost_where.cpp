// octet cost where RESULT COMPONENT
#include "sim/cli/verbs.h"
#include "sim/report/cost_lines.h"
#include "sim/run/result.h"

namespace octet {

int cost_where_verb(const CostWhereOptions& options, std::string& out) {
    const StoredResult result = load_result(options.result);
    const Charges charges = charges_of(result, options.component);
    out += options.json ? to_text(where_json(result, charges)) : where_text(result, charges);
    return 0;
}

}  // namespace octet
