#include "sim/run/reprice.h"

#include <cmath>

#include "sim/cost/priced_run.h"
#include "sim/run/costs_json.h"

namespace octet {

nlohmann::ordered_json reprice(const StoredResult& result, const CostTable& table) {
    const PriceList prices = resolve(table, result.accelerator);
    const PricedRun priced = price(prices, result.report);
    nlohmann::ordered_json document = result.document;
    document["energy"] = energy_json(priced.energy);
    document["area"] = area_json(priced.area);
    document["costs"] = costs_json(prices.table, prices.scaling, priced.lines, priced.areas);
    document["metrics"]["tops_per_watt"] = number_json(tops_per_watt(result.macs, priced.energy));
    document["metrics"]["edp"] = number_json(energy_delay(priced.energy, result.seconds));
    if (auto& metrics = document["metrics"];
        metrics.contains("joules_per_token") && metrics["tokens_per_second"].is_number())
        metrics["joules_per_token"] = number_json(  // tokens are a whole number
            priced.energy.total * 1e-12 /
            std::round(metrics["tokens_per_second"].get<double>() * result.seconds));
    for (std::size_t i = 0; i < priced.operations.size(); ++i) {
        document["operations"][i]["energy_pj"] = number_json(priced.operations[i].total);
        document["operations"][i]["components"] = components_json(priced.operations[i]);
    }
    document.erase("what_if");  // its energies are of the old prices
    return document;
}

}  // namespace octet
