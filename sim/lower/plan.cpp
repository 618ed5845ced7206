#include "sim/lower/plan.h"

#include <algorithm>
#include <array>
#include <vector>

namespace octet {
namespace {

// 1, 2, 3, 4, 6, 8, 12, 16, ... up to `limit`, and `limit` itself.
std::vector<std::uint64_t> steps(std::uint64_t limit) {
    std::vector<std::uint64_t> result;
    for (std::uint64_t power = 1; power < limit; power *= 2) {
        result.push_back(power);
        if (power >= 2 && power / 2 * 3 < limit) result.push_back(power / 2 * 3);
    }
    result.push_back(limit);
    return result;
}

// Row tiles to try: M cut into 1, 2, 3, 4, 6, ... equal parts that fit.
std::vector<std::uint64_t> row_tiles(std::uint64_t m, std::uint64_t limit) {
    std::vector<std::uint64_t> result;
    for (std::uint64_t parts : steps(m)) {
        const std::uint64_t rows = ceil_div(m, parts);
        if (rows <= limit && (result.empty() || result.back() != rows)) result.push_back(rows);
    }
    if (result.empty() && limit > 0) result.push_back(std::min(m, limit));
    // Parts of a long matrix that just fill the buffers.
    if (limit < m && result.front() != limit) result.push_back(limit);
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

// How many areas operands and results are staged in: as many as cover the latency of the DRAM, two, or one.
enum class Areas : std::uint8_t { ring, two, one };

std::uint64_t ring_slots(Areas areas, std::uint64_t area_bytes, const MachineShape& machine,
                         std::uint64_t least, std::uint64_t most) {
    if (areas != Areas::ring) return areas == Areas::two ? 2 : 1;
    const double cover = machine.dram_bytes_per_cycle * (machine.dram_latency + 64);
    const double more = std::min(cover / static_cast<double>(area_bytes), static_cast<double>(most));
    return std::clamp<std::uint64_t>(2 + static_cast<std::uint64_t>(more), least, most);
}

void stage(GemmPlan& plan, const GemmRequest& r, const MachineShape& machine, const Counts& c, Areas areas) {
    const std::uint64_t few = areas == Areas::one ? 1 : 2;
    if (plan.a == Staging::tile) {
        plan.a_slot_bytes = plan.m_tile * r.a_row_bytes + 64;
        plan.a_slots = std::min(few, c.m_tiles);
    } else if (plan.a == Staging::chunk) {
        const std::uint64_t slab_row =
            ceil_div(r.a_row_bytes, c.k_tiles) + 1;  // bytes of one row of one slab, at most
        plan.a_slot_bytes = plan.m_tile * plan.k_chunk * slab_row + 64;
        plan.a_slots = ring_slots(areas, plan.a_slot_bytes, machine, 3, 32);
    }
    if (plan.b == Staging::tile) {
        plan.b_slot_bytes = plan.n_group * r.b_column_bytes + 64;
        plan.b_slots = std::min(few, c.n_groups);
    } else if (plan.b == Staging::chunk) {
        plan.b_slot_bytes = plan.n_group * plan.k_chunk * (ceil_div(r.b_column_bytes, c.k_tiles) + 64) +
                            plan.n_group * r.b_block_bytes + 64;
        plan.b_slots = ring_slots(areas, plan.b_slot_bytes, machine, 3, 32);
    }
    if (!r.out_resident) {
        plan.out_slot_bytes = plan.m_tile * plan.n_group * r.out_row_bytes + 64;
        plan.out_slots = ring_slots(areas, plan.out_slot_bytes, machine, 2, 8);
    }
    if (r.residual_staged) {
        plan.residual_slots = few;
        plan.residual_slot_bytes = plan.m_tile * plan.n_group * r.residual_row_bytes + 64;
    }
}

void estimate(GemmPlan& plan, const GemmRequest& r, const MachineShape& machine, const Counts& c) {
    const auto d = [](std::uint64_t v) { return static_cast<double>(v); };
    const bool columns_outer = plan.order == LoopOrder::columns_outer;
    const std::uint64_t m_last = r.m - (c.m_tiles - 1) * plan.m_tile;
    const std::uint64_t beats = std::max(
        {ceil_div(std::min(machine.cols, r.n), machine.lanes) * machine.initiation_interval,
         r.wide_output ? machine.result_beats_wide : machine.result_beats_storage, std::uint64_t{1}});
    const auto pass_cycles = [&](std::uint64_t m) {
        return machine.overlap ? std::max(m, machine.pass_gap) : m + machine.pass_gap + machine.drain;
    };
    const auto tile_cycles = [&](std::uint64_t m) {  // all passes of one row tile
        const std::uint64_t stored = std::min(machine.drain_depth, m);
        const std::uint64_t hold = beats * (m - stored) > m ? beats * (m - stored) - m : 0;
        return d(c.n_tiles) * std::max(d(c.k_tiles * pass_cycles(m) + hold), d(beats * m));
    };
    plan.array = d(c.m_tiles - 1) * tile_cycles(plan.m_tile) + tile_cycles(m_last);

    const double a_fills = fills(c.m_tiles, c.n_groups, c.k_chunks, machine.input_slots, !columns_outer);
    const double b_fills = fills(c.n_groups, c.m_tiles, c.k_chunks, machine.weight_slots, columns_outer);
    const double a_visits = a_fills / d(c.m_tiles * c.k_chunks),
                 b_visits = b_fills / d(c.n_groups * c.k_chunks);
    plan.input_fill = a_visits * d(r.m * c.k_tiles) / d(machine.input_rate) * (1 + machine.scale_share);
    plan.weight_fill = b_visits * d(c.n_tiles * c.k_tiles * machine.rows) / d(machine.weight_rate) *
                       (1 + machine.scale_share);

    // What a chunk waits for its first slab and tile when it is filled while the chunk before runs.
    const std::uint64_t pass = pass_cycles(plan.m_tile);
    const double run = d(plan.k_chunk * plan.n_group * pass), latency = d(machine.fill_latency);
    const double slab = d(plan.m_tile) / d(machine.input_rate),
                 tile = d(machine.rows) / d(machine.weight_rate);
    const double wait_a =
        std::max(slab, d(plan.k_chunk) * slab - d((plan.k_chunk - 1) * pass)) + latency - run;
    const double wait_b = 2 * tile + latency - run;
    double stall = std::max(0.0, wait_a) * (a_fills - 1) + std::max(0.0, wait_b) * (b_fills - 1);
    if (machine.input_slots == 1) stall += slab * (a_fills - 1);
    if (machine.weight_slots == 1) stall += tile * (b_fills - 1);

    // Pieces of b are the tile columns of a chunk; neighbours are one piece. Those of a are taken as long
    // ones.
    const bool columns_whole = plan.k_chunk == c.k_tiles;
    const double b_piece =
        columns_whole || plan.n_group == 1
            ? 0
            : d(r.b_column_bytes) * d(plan.k_chunk) / d(c.k_tiles) / machine.dram_bytes_per_cycle;
    const double b_slowdown = b_piece > 0 ? std::max(1.0, machine.dram_row_cycles / b_piece) : 1;

    double bytes = 0, opening = 0;  // opening: bytes that could move while rows are opened
    const double a_all = d(r.m) * d(r.a_row_bytes), b_all = d(c.n_tiles) * d(r.b_column_bytes);
    if (plan.a == Staging::tile) {
        const bool once = !columns_outer || c.m_tiles <= plan.a_slots;
        bytes += once ? a_all : a_all * d(c.n_groups);
    } else if (plan.a == Staging::chunk) {
        bytes += a_all * a_visits;
    }
    if (plan.b == Staging::tile) {
        const bool once = columns_outer || c.n_groups <= plan.b_slots;
        bytes += once ? b_all : b_all * d(c.m_tiles);
    } else if (plan.b == Staging::chunk) {
        bytes += b_all * b_visits;
        opening = b_all * b_visits * (b_slowdown - 1);
    }
    const double out_all = d(r.m) * d(c.n_tiles) * d(r.out_row_bytes);
    if (!r.out_resident) bytes += out_all;
    if (r.residual_staged) bytes += d(r.m) * d(c.n_tiles) * d(r.residual_row_bytes);
    plan.dram_bytes = bytes;
    plan.dram = (bytes + opening) / machine.dram_bytes_per_cycle;
    plan.sram = (a_all * a_visits + b_all * b_visits + out_all + bytes) / machine.sram_bytes_per_cycle;

    const double startup =
        d(machine.pass_gap + machine.drain) + latency +
        (plan.a != Staging::resident || plan.b != Staging::resident ? machine.dram_latency : 0.0);
    const std::array<std::pair<double, std::string_view>, 5> resources{{{plan.array + stall, "array"},
                                                                        {plan.input_fill, "input fill"},
                                                                        {plan.weight_fill, "weight fill"},
                                                                        {plan.sram, "sram"},
                                                                        {plan.dram, "dram"}}};
    const auto worst = std::max_element(resources.begin(), resources.end());
    plan.bound = worst->second;
    // Stalls between chunks count fourfold: the estimate knows only the regular ones.
    plan.total = worst->first + startup + 3 * stall;
    plan.commands = a_fills + b_fills + d(c.m_tiles * c.n_groups * c.k_chunks);
}

bool better(const GemmPlan& a, const GemmPlan& b) {
    if (!b.feasible) return true;
    constexpr double same = 0.002;  // estimates this close are equal
    if (a.total < b.total * (1 - same)) return true;
    if (a.total > b.total * (1 + same)) return false;
    if (a.dram != b.dram) return a.dram < b.dram;
    const double fill_a = a.input_fill + a.weight_fill, fill_b = b.input_fill + b.weight_fill;
    if (fill_a != fill_b) return fill_a < fill_b;
    return a.commands < b.commands;
}

}  // namespace

std::string_view name(Staging staging) {
    constexpr std::array<std::string_view, 3> names{"resident", "tile", "chunk"};
    return names[static_cast<std::size_t>(staging)];
}

std::string_view name(LoopOrder order) {
    return order == LoopOrder::columns_outer ? "columns_outer" : "rows_outer";
}

GemmPlan plan_gemm(const GemmRequest& r, const MachineShape& machine) {
    GemmPlan best;
    const std::uint64_t k_tiles = ceil_div(r.k, machine.rows), n_tiles = ceil_div(r.n, machine.cols);
    const std::uint64_t weight_tiles = machine.weight_depth / machine.rows;
    for (std::uint64_t m_tile : row_tiles(r.m, std::min(machine.input_depth, machine.accumulation_depth))) {
        const std::uint64_t group_limit =
            r.b_one_column ? 1 : std::min(n_tiles, std::max<std::uint64_t>(weight_tiles, 1));
        for (std::uint64_t n_group : steps(group_limit)) {
            std::uint64_t k_limit = std::min({k_tiles, machine.input_depth / m_tile, weight_tiles / n_group});
            if (k_limit == 0) continue;
            // Whole buffer fillings, and parts of them for an SRAM that has no room to stage one.
            for (std::uint64_t k_part = k_limit;; k_part = ceil_div(k_part, std::uint64_t{4})) {
                const Counts counts{ceil_div(r.m, m_tile), n_tiles, k_tiles, ceil_div(n_tiles, n_group),
                                    ceil_div(k_tiles, k_part)};
                const std::uint64_t k_chunk = ceil_div(k_tiles, counts.k_chunks);
                if (counts.k_chunks > 1 && m_tile * n_group > machine.accumulation_depth) break;
                for (LoopOrder order : {LoopOrder::columns_outer, LoopOrder::rows_outer})
                    for (Staging a : {Staging::tile, Staging::chunk})
                        for (Staging b : {Staging::tile, Staging::chunk})
                            for (Areas areas : {Areas::ring, Areas::two, Areas::one}) {
                                GemmPlan plan;
                                plan.m_tile = m_tile;
                                plan.n_group = n_group;
                                plan.k_chunk = k_chunk;
                                plan.order = order;
                                plan.a = r.a_resident ? Staging::resident : a;
                                plan.b = r.b_resident ? Staging::resident : b;
                                stage(plan, r, machine, counts, areas);
                                if (plan.staging_bytes() > r.sram_budget) continue;
                                plan.feasible = true;
                                estimate(plan, r, machine, counts);
                                if (better(plan, best)) best = plan;
                            }
                if (k_part == 1) break;
            }
        }
    }
    return best;
}

}  // namespace octet
