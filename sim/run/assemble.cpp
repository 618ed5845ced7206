#include "sim/run/assemble.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/cost/priced_run.h"
#include "sim/run/costs_json.h"
#include "sim/run/roofline.h"

namespace octet {
namespace {

std::optional<double> ratio(double a, double b) {
    return b > 0 ? std::optional(a / b) : std::nullopt;
}

double peak_macs_a_cycle(const AcceleratorConfig& machine) {
    return static_cast<double>(machine.array.rows) * machine.array.cols;
}

// To and from DRAM.
double bytes_of(const Activity& activity) {
    return static_cast<double>(activity[Action::dram_read_bits] + activity[Action::dram_write_bits]) / 8;
}

double ridge_of(const AcceleratorConfig& machine) {
    return 2 * peak_macs_a_cycle(machine) / dram_bytes_per_cycle(machine);
}

Roofline roofline_of(const AcceleratorConfig& machine, std::uint64_t macs, double bytes, Cycle cycles) {
    if (macs == 0) return {};
    Roofline roofline;
    roofline.intensity = ratio(2 * static_cast<double>(macs), bytes);
    roofline.attainable = roofline.intensity ? std::min(1.0, *roofline.intensity / ridge_of(machine)) : 1.0;
    roofline.attained =
        ratio(static_cast<double>(macs), peak_macs_a_cycle(machine) * static_cast<double>(cycles));
    return roofline;
}

std::vector<OperationResult> operations_of(const AcceleratorConfig& machine, const Graph& graph,
                                           const MachineReport& report, const PricedRun& priced) {
    const std::vector<double> parts = oldest_unfinished(report);
    std::vector<OperationResult> list;
    list.reserve(graph.operations.size());
    for (std::size_t i = 0; i < graph.operations.size(); ++i) {
        const Operation& operation = graph.operations[i];
        const OperationReport& seen = report.operations[i];
        const Bound bound = tightest(machine, work_of(machine, operation, seen.activity));
        OperationResult result;
        result.name = operation.name;
        result.kind = name(operation.kind);
        result.macs = operation.macs();
        result.start = seen.start;
        result.end = seen.end;
        result.array_cycles = seen.used_array ? seen.array_last - seen.array_first : 0;
        result.array_stalls = seen.array_stalls;
        result.ideal_cycles = bound.cycles;
        result.bound_by = bound.resource;
        result.roofline = roofline_of(machine, result.macs, bytes_of(seen.activity), seen.end - seen.start);
        result.oldest_cycles = parts[i] * static_cast<double>(report.total);
        result.stalls = seen.stalls;
        result.energy = priced.operations[i];
        list.push_back(std::move(result));
    }
    return list;
}

void add_metrics(Result& result, const RunDescription& run, const AcceleratorConfig& machine) {
    const double macs = static_cast<double>(result.macs);
    const double peak_macs = peak_macs_a_cycle(machine) * static_cast<double>(result.machine.total);
    result.utilization = ratio(macs, peak_macs).value_or(0);
    if (result.macs > 0) {
        result.tops_per_watt = tops_per_watt(result.macs, result.energy);
        result.mfu = ratio(run.model_flops.value_or(2 * macs), 2 * peak_macs);
        result.hfu = ratio(macs, peak_macs);
    }
    result.edp = energy_delay(result.energy, result.seconds);
    if (run.tokens) {
        const auto tokens = static_cast<double>(*run.tokens);
        result.tokens_per_second = ratio(tokens, result.seconds);
        result.joules_per_token = ratio(result.energy.total * 1e-12, tokens);
    }
    result.roofline =
        roofline_of(machine, result.macs,
                    static_cast<double>(result.machine.dram_read_bytes + result.machine.dram_write_bytes),
                    result.machine.total);
    result.ridge = ridge_of(machine);
}

}  // namespace

Result assemble(const RunDescription& run, const AcceleratorConfig& machine, const Graph& graph,
                const MachineReport& report, const PriceList& prices) {
    if (report.operations.size() != graph.operations.size())
        throw std::logic_error("the machine's report and the workload differ in their number of operations");
    Result result;
    result.accelerator = run.accelerator;
    result.workload = run.workload;
    result.phase = run.phase;
    result.seed = run.seed;
    result.machine = report;
    result.seconds = static_cast<double>(report.total) / (machine.clock_mhz * 1e6);
    result.macs = graph.macs();

    Work work;
    for (std::size_t i = 0; i < graph.operations.size(); ++i)
        work += work_of(machine, graph.operations[i], report.operations[i].activity);
    const Bound bound = tightest(machine, work);
    result.ideal =
        static_cast<Cycle>(std::ceil(bound.cycles * (1 - 1e-12)));  // a whole number stays what it is
    result.bound_by = bound.resource;

    PricedRun priced = price(prices, report);
    result.operations = operations_of(machine, graph, report, priced);
    result.static_energy = priced.standing.total;
    result.energy = priced.energy;
    result.area = priced.area;
    result.cost_table = prices.table;
    result.scaling = prices.scaling;
    result.energy_lines = std::move(priced.lines);
    result.area_lines = std::move(priced.areas);
    add_metrics(result, run, machine);
    return result;
}

}  // namespace octet
