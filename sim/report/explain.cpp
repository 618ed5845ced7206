#include "sim/report/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sim/report/consumers.h"

namespace octet {
namespace {

struct Line {
    std::string name, shape, tiles, from, estimate;
    double oldest = 0, ideal = 0;
    std::size_t count = 1;
    bool encodes = false;
    Explanation why;
    bool alike(const Line& other) const {
        return name == other.name && shape == other.shape && tiles == other.tiles && from == other.from &&
               estimate == other.estimate && why.bound_by == other.why.bound_by;
    }
};

// What below_peak means for a resource.
std::string_view below_peak(std::string_view resource) {
    if (resource == "array") return "padding of edge tiles";
    if (resource == "vector") return "partial vectors, and vectors of more than a cycle";
    if (resource == "sram") return "accesses that do not use every bank, or are of other operations";
    if (resource == "input_port" || resource == "weight_port") return "narrow beats and bank conflicts";
    return "short bursts and shared cycles";
}

std::string words(Reason reason, std::string_view resource) {
    if (reason == Reason::below_peak)
        return fmt::format("{} below its peak: {}", resource, below_peak(resource));
    if (reason == Reason::weights) return "weights enter the array";
    if (reason == Reason::drain) return "drain";
    if (reason == Reason::array) return "array works";
    if (reason == Reason::vector) return "vector unit works";
    if (reason == Reason::load) return "load, and nothing else";
    if (reason == Reason::store) return "store, and nothing else";
    if (reason == Reason::other_operations) return "waits for other operations";
    if (reason == Reason::idle) return "nothing to do";
    return fmt::format("stall: {}", name(reason));
}

// "  bound     array: 100 of 120 cycles; the other 20:" and a line for each reason, the largest first.
std::string reasons(const Explanation& why) {
    const Cycle difference = why.cycles - why.ideal;
    std::string out = fmt::format("  bound     {}: {} of {} cycles",
                                  why.bound_by.empty() ? "nothing" : why.bound_by, why.ideal, why.cycles);
    out += difference == 0 ? "\n" : fmt::format("; the other {}:\n", difference);
    std::vector<std::size_t> order;
    for (std::size_t r = 0; r < reason_count; ++r)
        if (why.reasons[r] != 0) order.push_back(r);
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t r) { return why.reasons[r]; });
    for (const std::size_t r : order)
        out += fmt::format("  {:>14}  {}\n", why.reasons[r], words(static_cast<Reason>(r), why.bound_by));
    return out;
}

void add(Explanation& sum, const Explanation& other) {
    sum.cycles += other.cycles;
    sum.ideal += other.ideal;
    sum.worked += other.worked;
    for (std::size_t r = 0; r < reason_count; ++r) sum.reasons[r] += other.reasons[r];
}

std::string product_tiles(const KernelChoice& choice) {
    const GemmPlan& plan = choice.plan;
    return fmt::format("{} rows x {} tile columns x {} tile rows, {}", plan.m_tile, plan.n_group,
                       plan.k_chunk, plan.order == LoopOrder::columns_outer ? "columns outer" : "rows outer");
}

Line line_of(const Simulation& simulation, const KernelChoice& choice) {
    const Operation& operation = simulation.graph.operations[choice.operation];
    Line line;
    line.name = group_name(operation.name);
    for (OperationId fused : choice.fused) {
        const std::string& name = simulation.graph.operations[fused].name;
        line.name += " + " + name.substr(name.rfind('.') + 1);
    }
    if (choice.encodes) line.name += ", encoded";
    const std::string batch = choice.items > 1 ? fmt::format("{} x ", choice.items) : "";
    const std::string_view result = choice.output_resident ? "stays in SRAM" : "goes to DRAM";
    if (choice.matrix) {
        line.shape = fmt::format("{}{} x {} x {}", batch, operation.m, operation.n, operation.k);
    }
    if (choice.on_lanes) {
        line.tiles =
            fmt::format("on the lanes, {} columns x {} rows at a time", choice.lanes_n, choice.lanes_k);
        line.from = fmt::format("b {}, result {}", choice.matrix_resident ? "resident" : "chunk", result);
        line.estimate = "-";
    } else if (choice.matrix) {
        line.tiles = product_tiles(choice);
        line.from = fmt::format("a {}, b {}, result {}", name(choice.plan.a), name(choice.plan.b), result);
        line.estimate = fmt::format("{:.0f} by {}", choice.plan.total * static_cast<double>(choice.items),
                                    choice.plan.bound);
    } else {
        line.shape = fmt::format("{}{} x {}", batch, choice.rows, choice.columns);
        line.tiles = choice.row_block >= choice.rows ? "all rows at once"
                                                     : fmt::format("{} rows at a time", choice.row_block);
        line.from = fmt::format("result {}", result);
        line.estimate = "-";
    }
    line.encodes = choice.encodes;
    if (choice.encodes) return line;
    const OperationResult& seen = simulation.result.operations[choice.operation];
    line.oldest = seen.oldest_cycles;
    line.ideal = seen.ideal_cycles;
    return line;
}

}  // namespace

std::string explain(const Simulation& simulation, const RunExplanation& explanation) {
    std::vector<Line> lines;
    for (const KernelChoice& choice : simulation.choices) {
        Line line = line_of(simulation, choice);
        line.why = explanation.operations[choice.operation];
        const auto known =
            std::find_if(lines.begin(), lines.end(), [&](const Line& other) { return other.alike(line); });
        if (known == lines.end()) {
            lines.push_back(std::move(line));
        } else {
            ++known->count;
            known->oldest += line.oldest;
            known->ideal += line.ideal;
            add(known->why, line.why);
        }
    }
    std::string out = "\nThe run\n" + reasons(explanation.run);
    out +=
        "\nHow the work was cut (products are m x n x k; cycles are those in which a group was the oldest "
        "unfinished one), and what bounds it (cycles from the first command of a kernel to its last "
        "completion, summed over those alike)\n";
    for (const Line& line : lines) {
        out +=
            fmt::format("\n{}{}\n", line.name, line.count > 1 ? fmt::format(" ({} alike)", line.count) : "");
        out += fmt::format("  shape     {}\n  tiles     {}\n  operands  {}\n", line.shape, line.tiles,
                           line.from);
        if (line.encodes) {
            out += "  cycles    among those of the operation\n";
            continue;
        }
        const double n = static_cast<double>(line.count);
        out += fmt::format("  cycles    {:.0f} each, at best {:.0f}", line.oldest / n, line.ideal / n);
        out += line.estimate == "-" ? "\n" : fmt::format(", estimated {}\n", line.estimate);
        out += reasons(line.why);
    }
    out += fmt::format("\nSRAM: {} of {} KiB used at the peak, {} evictions; DRAM: {:.1f} MiB of addresses\n",
                       ceil_div(simulation.sram_peak_bytes, std::uint64_t{1024}),
                       simulation.result.accelerator.value("/sram/capacity_kib"_json_pointer, 0),
                       simulation.evictions, static_cast<double>(simulation.dram_bytes) / (1 << 20));
    return out;
}

}  // namespace octet
