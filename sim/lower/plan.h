// How one matrix product is cut into tiles: every candidate is estimated, the one with the fewest cycles is
// taken, of equals the one with the least DRAM traffic, then the one with the fewest commands. See
// docs/lowering.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "models/types.h"
#include "sim/lower/machine_shape.h"

namespace octet {

// Where an operand's values are between DRAM and the array's buffers.
enum class Staging : std::uint8_t {
    resident,  // the whole matrix lies in SRAM already
    tile,      // staged for all of K: one row tile of a, one column group of b
    chunk      // staged one buffer filling at a time
};
enum class LoopOrder : std::uint8_t { columns_outer, rows_outer };
std::string_view name(Staging staging);
std::string_view name(LoopOrder order);

struct GemmRequest {
    std::uint64_t m = 0, n = 0, k = 0;
    bool a_resident = false, b_resident = false, out_resident = false;
    bool residual_staged = false;  // a residual operand comes from DRAM tile by tile
    bool wide_output = false;      // results leave with more than 8 bits
    bool residual = false;
    std::uint64_t a_tile = 0;          // a lies as K x M, in pieces of so many columns; 0: as M x K
    bool b_one_column = false;         // b's layout gives single tile columns only
    std::uint64_t a_row_bytes = 0;     // of one row of a, all of K
    std::uint64_t b_column_bytes = 0;  // of one tile column of b, all of K
    std::uint64_t b_block_bytes = 0;   // scales that the edge of a chunk may add to a tile column of b
    std::uint64_t out_row_bytes = 0;   // of one row of one tile column of the output
    std::uint64_t residual_row_bytes = 0;
    double a_scale_share = 0, b_scale_share = 0;  // beats of scales a beat of values in a fill
    std::uint64_t sram_budget = 0;                // bytes that staging may take
    friend bool operator==(const GemmRequest&, const GemmRequest&) = default;
    friend auto operator<=>(const GemmRequest&, const GemmRequest&) = default;
};

struct GemmPlan {
    bool feasible = false;
    std::uint64_t m_tile = 0;   // rows of a in one tile
    std::uint64_t n_group = 0;  // tile columns worked on together
    std::uint64_t k_chunk = 0;  // k tiles in one buffer filling
    LoopOrder order = LoopOrder::columns_outer;
    Staging a = Staging::resident, b = Staging::resident;
    std::uint64_t a_slots = 0, b_slots = 0, out_slots = 0,
                  residual_slots = 0;  // staging areas, 0 if resident
    std::uint64_t a_slot_bytes = 0, b_slot_bytes = 0, out_slot_bytes = 0, residual_slot_bytes = 0;
    // Estimates, in cycles and bytes.
    double array = 0, input_fill = 0, weight_fill = 0, sram = 0, load = 0, dram = 0, total = 0;
    double dram_bytes = 0;
    double commands = 0;
    std::string_view bound;  // the largest of the five
    std::uint64_t staging_bytes() const {
        return a_slots * a_slot_bytes + b_slots * b_slot_bytes + out_slots * out_slot_bytes +
               residual_slots * residual_slot_bytes;
    }
};

// Chunks that are loaded as one granule: about 4 KiB, so that work can start early, but pieces of half a KiB
// or more. `pieces`: that a chunk of so many bytes has in DRAM.
std::uint64_t granule_chunks(std::uint64_t chunk_bytes, std::uint64_t pieces);

GemmPlan plan_gemm(const GemmRequest& request, const MachineShape& machine);

}  // namespace octet
