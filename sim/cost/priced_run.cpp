#include "sim/cost/priced_run.h"

namespace octet {

PricedRun price(const PriceList& prices, const MachineReport& report) {
    PricedRun run;
    const std::vector<EnergyLine> standing = standing_lines(prices, standing_of(prices, report));
    run.energy = run.standing = sum_of(standing);
    const std::vector<double> parts = oldest_unfinished(report);
    Activity all;
    run.operations.reserve(report.operations.size());
    for (std::size_t i = 0; i < report.operations.size(); ++i) {
        const Activity& activity = report.operations[i].activity;
        const Shares dynamic = energy_of(prices, activity);
        run.energy += dynamic;
        all += activity;
        run.operations.push_back(dynamic);
        run.operations.back() += run.standing * parts[i];
    }
    run.lines = action_lines(prices, all);
    run.lines.insert(run.lines.end(), standing.begin(), standing.end());
    std::erase_if(run.lines, [](const EnergyLine& line) { return line.count == 0; });
    run.area = area_of(prices);
    run.areas = area_lines(prices);
    return run;
}

}  // namespace octet
