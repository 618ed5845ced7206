#include "sim/lower/plan.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "sim/lower/plan_course.h"

namespace octet {
namespace {

// 1, 2, 3, 4, 6, 8, 12, 16, ... up to `limit`, and `limit`, its half, its quarter, ...: twice the limit has
// all of them too.
std::vector<std::uint64_t> steps(std::uint64_t limit) {
    std::vector<std::uint64_t> result;
    for (std::uint64_t power = 1; power < limit; power *= 2) {
        result.push_back(power);
        if (power >= 2 && power / 2 * 3 < limit) result.push_back(power / 2 * 3);
    }
    for (std::uint64_t part = limit; part > 0; part /= 2) result.push_back(part);
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

// Row tiles to try: M cut into 1, 2, 3, 4, 6, ... equal parts that fit, and parts of a long matrix that just
// fill the buffers, or a half, a quarter, ... of them; multiples of `unit` if they are not all of it.
std::vector<std::uint64_t> row_tiles(std::uint64_t m, std::uint64_t limit, std::uint64_t unit) {
    std::vector<std::uint64_t> result;
    const auto add = [&](std::uint64_t rows) {
        if (rows < m) rows = std::min(m, ceil_div(rows, unit) * unit);
        if (rows <= limit) result.push_back(rows);
    };
    for (std::uint64_t parts : steps(m)) add(ceil_div(m, parts));
    for (std::uint64_t part = limit; part > 0 && limit < m; part /= 2) add(part / unit * unit);
    std::erase(result, 0U);
    std::sort(result.begin(), result.end(), std::greater<>());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

std::vector<std::uint64_t> row_tiles(const GemmRequest& r, const MachineShape& machine) {
    if (machine.sums_stay()) return {std::min(r.m, machine.rows)};  // of a fold
    // Where inputs stay, rows of a are columns of the result, which lie in tile columns; those of a turned
    // operand lie in pieces.
    return row_tiles(r.m, std::min(machine.input_depth, machine.accumulation_depth),
                     machine.inputs_stay() ? machine.cols : std::max<std::uint64_t>(r.a_tile, 1));
}

// Whether the sums of a tile have room while one chunk of K follows another.
bool holds_sums(const MachineShape& machine, std::uint64_t m_tile, std::uint64_t n_group) {
    if (machine.dataflow != Dataflow::weight_stationary && n_group > 1) return false;
    return machine.sums_stay() || m_tile * n_group <= machine.accumulation_depth;
}

// Tile rows of one filling of the buffers of which at most `limit` fit: 1, 2, 4, ... and k_tiles cut into 1,
// 2, 4,
// ... equal parts, or as few as can be.
std::vector<std::uint64_t> chunks(std::uint64_t k_tiles, std::uint64_t limit) {
    std::vector<std::uint64_t> result{ceil_div(k_tiles, ceil_div(k_tiles, limit))};
    for (std::uint64_t power = 1; power <= k_tiles; power *= 2)
        for (const std::uint64_t chunk : {power, ceil_div(k_tiles, power)})
            if (chunk <= limit) result.push_back(ceil_div(k_tiles, ceil_div(k_tiles, chunk)));
    std::sort(result.begin(), result.end(), std::greater<>());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

struct Counts {
    std::uint64_t m_tiles, n_tiles, k_tiles, n_groups, k_chunks;
};

// How often the loop nest fills a buffer of `slots` halves with chunks of an operand whose tile changes in
// the outer loop
// (`outer` tiles) or in the inner loop (`inner` is how often the other operand's tile changes meanwhile).
double fills(std::uint64_t own_tiles, std::uint64_t other_tiles, std::uint64_t k_chunks, std::uint64_t slots,
             bool own_is_outer) {
    const bool stays = own_is_outer ? k_chunks <= slots : own_tiles * k_chunks <= slots;
    const double once = static_cast<double>(own_tiles) * static_cast<double>(k_chunks);
    return stays ? once : once * static_cast<double>(other_tiles);
}

// Areas of a ring: as many as cover the latency of the DRAM, from `least` to `most`.
std::uint64_t ring_slots(std::uint64_t area_bytes, const MachineShape& machine, std::uint64_t least,
                         std::uint64_t most) {
    const double cover = machine.dram_bytes_per_cycle * (machine.dram_latency + 64);
    const double more = std::min(cover / static_cast<double>(area_bytes), static_cast<double>(most));
    return std::min(most, std::max<std::uint64_t>(2 + static_cast<std::uint64_t>(more), least));
}

// With at most `most` areas of anything.
void stage(GemmPlan& plan, const GemmRequest& r, const MachineShape& machine, const Counts& c,
           std::uint64_t most) {
    const std::uint64_t few = std::min<std::uint64_t>(most, 2);
    const std::uint64_t together = machine.inputs_stay() ? 1 : plan.n_group;  // tile columns that leave
    if (plan.a == Staging::tile) {
        plan.a_slot_bytes = plan.m_tile * r.a_row_bytes + 64;
        plan.a_slots = std::min(few, c.m_tiles);
    } else if (plan.a == Staging::chunk) {
        // Bytes of one row of a full slab, at most: the last slab may be narrow, so they are more than the
        // mean.
        const std::uint64_t slab_row = ceil_div(r.a_row_bytes * std::min(machine.rows, r.k), r.k) + 1;
        plan.a_slot_bytes = plan.m_tile * std::min(plan.k_chunk * slab_row, r.a_row_bytes + 1) + 64;
        plan.a_slots = ring_slots(plan.a_slot_bytes, machine, 3, most);
    }
    if (plan.b == Staging::tile) {
        plan.b_slot_bytes = plan.n_group * r.b_column_bytes + 64;
        plan.b_slots = std::min(few, c.n_groups);
    } else if (plan.b == Staging::chunk) {
        const std::uint64_t tile =
            ceil_div(r.b_column_bytes * std::min(machine.rows, r.k), r.k);  // a full one
        plan.b_slot_bytes = plan.n_group * plan.k_chunk * (tile + 64) + plan.n_group * r.b_block_bytes + 64;
        plan.b_slots = ring_slots(plan.b_slot_bytes, machine, 3, most);
    }
    if (!r.out_resident) {
        plan.out_slot_bytes = plan.m_tile * together * r.out_row_bytes + 64;
        plan.out_slots = ring_slots(plan.out_slot_bytes, machine, 2, std::min<std::uint64_t>(most, 8));
    }
    if (r.residual_staged) {
        plan.residual_slots = few;
        plan.residual_slot_bytes = plan.m_tile * together * r.residual_row_bytes + 64;
    }
}

void estimate(GemmPlan& plan, const GemmRequest& r, const MachineShape& machine, const Counts& c) {
    const auto d = [](std::uint64_t v) { return static_cast<double>(v); };
    const bool columns_outer = plan.order == LoopOrder::columns_outer;
    const std::uint64_t m_last = r.m - (c.m_tiles - 1) * plan.m_tile;
    const std::uint64_t beats = machine.result_beats(r.n, r.wide_output);
    const auto tile_cycles = [&](std::uint64_t m) {  // all passes of one row tile
        const std::uint64_t flow = m * machine.write_back, stored = std::min(machine.drain_depth, m);
        const std::uint64_t hold = beats * (m - stored) > flow ? beats * (m - stored) - flow : 0;
        return d(c.n_tiles) * std::max(d(machine.reduction_cycles(m, r.k) + hold), d(beats * m));
    };
    plan.array = d(c.m_tiles - 1) * tile_cycles(plan.m_tile) + tile_cycles(m_last);

    const double a_fills = fills(c.m_tiles, c.n_groups, c.k_chunks, machine.input_slots, !columns_outer);
    const double b_fills = fills(c.n_groups, c.m_tiles, c.k_chunks, machine.weight_slots, columns_outer);
    const double a_visits = a_fills / d(c.m_tiles * c.k_chunks),
                 b_visits = b_fills / d(c.n_groups * c.k_chunks);
    plan.input_fill = a_visits * d(r.m * c.k_tiles) / d(machine.input_rate) * (1 + r.a_scale_share);
    plan.weight_fill = b_visits * d(c.n_tiles * c.k_tiles * machine.rows) / d(machine.weight_rate) *
                       (1 + r.b_scale_share);

    // In DRAM neighbouring tile columns of b are one piece if whole, as are rows of a. The last tile column
    // may be narrow.
    const double columns = d(r.n) / d(std::min(r.n, machine.cols));
    const double a_all = d(r.m) * d(r.a_row_bytes), b_all = columns * d(r.b_column_bytes),
                 out_all = columns * d(r.m) * d(r.out_row_bytes);
    plan.dram_bytes = 0;
    const auto move = [&](double bytes, double pieces) {
        plan.dram_bytes += bytes;
        return machine.move_cycles(bytes, pieces);
    };
    plan.load = 0;
    if (plan.a == Staging::tile) {
        const bool once = !columns_outer || c.m_tiles <= plan.a_slots;
        plan.load += move(once ? a_all : a_all * d(c.n_groups), 1);
    } else if (plan.a == Staging::chunk) {
        plan.load += move(a_all * a_visits, 1);
    }
    if (plan.b == Staging::tile) {
        const bool once = columns_outer || c.n_groups <= plan.b_slots;
        plan.load += move(once ? b_all : b_all * d(c.m_tiles), 1);
    } else if (plan.b == Staging::chunk) {
        plan.load +=
            move(b_all * b_visits,
                 plan.k_chunk == c.k_tiles || plan.n_group == 1 ? 1 : b_visits * d(c.n_tiles * c.k_chunks));
    }
    // Loads and stores have an engine each, and share the DRAM.
    const double stores = r.out_resident ? 0 : move(out_all, c.m_tiles == 1 ? 1 : d(c.m_tiles * c.n_tiles));
    if (r.residual_staged) plan.load += move(columns * d(r.m) * d(r.residual_row_bytes), 1);
    plan.dram = std::max({plan.load, stores, plan.dram_bytes / machine.dram_bytes_per_cycle});
    plan.sram =
        (a_all * a_visits + b_all * b_visits + out_all + plan.dram_bytes) / machine.sram_bytes_per_cycle;

    const double startup =
        d(machine.pass_gap + machine.drain + machine.fill_latency) +
        (plan.a != Staging::resident || plan.b != Staging::resident ? machine.dram_latency : 0.0);
    const std::array<std::pair<double, std::string_view>, 5> resources{{{plan.array, "array"},
                                                                        {plan.input_fill, "input fill"},
                                                                        {plan.weight_fill, "weight fill"},
                                                                        {plan.sram, "sram"},
                                                                        {plan.dram, "dram"}}};
    const auto worst = std::max_element(resources.begin(), resources.end());
    plan.bound = worst->second;
    plan.total = worst->first + startup;
    plan.commands = a_fills + b_fills + d(c.m_tiles * c.n_groups * c.k_chunks);
}

// The best of plans of which only the least cycles are known (in `total`): few of them are followed through
// time.
GemmPlan best_of(std::vector<GemmPlan> plans, const GemmRequest& r, const MachineShape& machine) {
    constexpr std::size_t most = 400;
    constexpr double command_cost = 32, wait_cost = 64, late = 1.5;
    // What the array's passes take from the first to the last: if nothing is in their way, and as `course`
    // beside everything else with loads that are late.
    double passes = plans.front().array;
    for (const GemmPlan& plan : plans) passes = std::min(passes, plan.array);
    const GemmPlan fastest = *std::min_element(
        plans.begin(), plans.end(), [](const GemmPlan& a, const GemmPlan& b) { return a.total < b.total; });
    const double course = std::max(
        {passes, late * fastest.load, fastest.dram, fastest.sram, fastest.input_fill, fastest.weight_fill});
    // Beside cycles, traffic costs that gets in the way of everybody else's, and commands do.
    const auto cost = [&](const GemmPlan& plan) {
        return plan.total + plan.dram / 4 + (plan.sram + plan.input_fill + plan.weight_fill) / 64 +
               plan.commands * command_cost;
    };
    std::stable_sort(plans.begin(), plans.end(),
                     [&](const GemmPlan& a, const GemmPlan& b) { return cost(a) < cost(b); });
    const GemmPlan* best = nullptr;
    double least = 0;
    for (std::size_t i = 0; i < std::min(plans.size(), most); ++i) {
        GemmPlan& plan = plans[i];
        if (best && cost(plan) >= least) break;
        plan.total = std::max(plan.total, course_of(plan, r, machine, 1).total);
        double found = cost(plan);
        if (best && found >= least) continue;
        // Once begun, the array should not wait, not even if loads are late.
        found += wait_cost * std::max(0.0, course_of(plan, r, machine, late).array - course);
        if (!best || found < least) {
            best = &plan;
            least = found;
        }
    }
    return *best;
}

}  // namespace

std::string_view name(Staging staging) {
    constexpr std::array<std::string_view, 3> names{"resident", "tile", "chunk"};
    return names[static_cast<std::size_t>(staging)];
}

std::string_view name(LoopOrder order) {
    return order == LoopOrder::columns_outer ? "columns_outer" : "rows_outer";
}

std::uint64_t granule_chunks(std::uint64_t chunk_bytes, std::uint64_t pieces) {
    constexpr std::uint64_t granule_bytes = 4096, piece_bytes = 512;
    const std::uint64_t bytes = std::max<std::uint64_t>(1, chunk_bytes);
    return std::max({std::uint64_t{1}, granule_bytes / bytes, ceil_div(piece_bytes * pieces, bytes)});
}

GemmPlan plan_gemm(const GemmRequest& r, const MachineShape& machine) {
    std::vector<GemmPlan> plans;
    const std::uint64_t k_tiles = ceil_div(r.k, machine.rows), n_tiles = ceil_div(r.n, machine.cols);
    const std::uint64_t weight_tiles = machine.weight_depth / machine.rows;
    const auto add = [&](GemmPlan plan, const Counts& counts) {
        // As many areas as there is room for.
        for (const std::uint64_t most : {32, 16, 8, 6, 5, 4, 3, 2, 1}) {
            stage(plan, r, machine, counts, most);
            if (plan.staging_bytes() > r.sram_budget) continue;
            plan.feasible = true;
            estimate(plan, r, machine, counts);
            plans.push_back(plan);
            return;
        }
    };
    const auto stagings = [](bool resident) {
        return resident ? std::vector{Staging::resident} : std::vector{Staging::tile, Staging::chunk};
    };
    for (const std::uint64_t m_tile : row_tiles(r, machine)) {  // the largest first
        if (machine.largest_row_tiles && !plans.empty()) break;
        const std::uint64_t group_limit = r.b_one_column && !machine.inputs_stay()
                                              ? 1
                                              : std::min(n_tiles, std::max<std::uint64_t>(weight_tiles, 1));
        for (const std::uint64_t n_group : steps(group_limit)) {
            const std::uint64_t k_limit = std::min(
                {k_tiles, machine.input_depth / machine.slab_vectors(m_tile), weight_tiles / n_group});
            if (k_limit == 0) continue;
            for (const std::uint64_t k_chunk : chunks(k_tiles, k_limit)) {
                GemmPlan plan;
                plan.m_tile = m_tile;
                plan.n_group = n_group;
                plan.k_chunk = k_chunk;
                const Counts counts{ceil_div(r.m, m_tile), n_tiles, k_tiles, ceil_div(n_tiles, n_group),
                                    ceil_div(k_tiles, k_chunk)};
                if (counts.k_chunks > 1 && !holds_sums(machine, m_tile, n_group)) continue;
                for (const LoopOrder order : {LoopOrder::columns_outer, LoopOrder::rows_outer})
                    for (const Staging a : stagings(r.a_resident))
                        for (const Staging b : stagings(r.b_resident)) {
                            plan.order = order;
                            plan.a = a;
                            plan.b = b;
                            add(plan, counts);
                        }
            }
        }
    }
    return plans.empty() ? GemmPlan{} : best_of(std::move(plans), r, machine);
}

}  // namespace octet
