#include "sim/cli/sweep_inputs.h"

#include <fstream>
#include <iterator>

#include "sim/cost/read.h"
#include "sim/report/cost_lines.h"
#include "sim/run/costs_json.h"
#include "sim/run/simulate.h"

namespace octet {

static std::string text_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

static nlohmann::ordered_json base_of(PointLoader& loader) {
    const ExperimentConfig base = loader.load({});
    Diagnostics diagnostics;
    const Node& costs = base.costs();
    const CostTable table = read_costs(costs, costs.location.file ? *costs.location.file : "", diagnostics);
    diagnostics.throw_if_any();
    const PriceView view = view_of(base.accelerator.name, resolve(table, base.accelerator));
    return {{"base", text_of(base.path)},
            {"accelerator", resolved_json(base.accelerator)},
            {"area", area_json(view.area)},
            {"costs", costs_json(view.table, view.scaling, view.lines, view.areas)}};
}

nlohmann::ordered_json sweep_inputs(const std::string& file, PointLoader& loader) {
    nlohmann::ordered_json inputs{{"schema", 1}, {"sweep", text_of(file)}};
    try {
        inputs.update(base_of(loader));
    } catch (const InputError&) {
    } catch (const CostError&) {
    }
    return inputs;
}

}  // namespace octet
