// The numbers of a machine that lowering plans with, worked out once.
#pragma once
#include <array>
#include <vector>

#include "models/accelerator/config.h"
#include "models/formats/registry.h"

namespace octet {

struct MachineShape {
    explicit MachineShape(const AcceleratorConfig& config);

    std::uint64_t rows, cols, lanes;  // R, C, L
    Dataflow dataflow;
    std::uint64_t input_depth, weight_depth;  // vectors of one half
    std::uint64_t input_slots, weight_slots;  // halves
    std::uint64_t accumulation_depth;         // vectors in all
    std::uint64_t pe_latency;
    std::uint64_t pass_gap;    // least cycles from one pass to the next beside M: R, more for a slow PE
    std::uint64_t write_back;  // cycles between results of any pass at least
    bool overlap;
    bool largest_row_tiles;  // of several sizes of row tiles the largest that fits
    std::uint64_t drain;     // cycles from the last vector's issue to its last sum
    std::uint64_t drain_depth, initiation_interval;
    std::uint64_t wide_beats;    // cycles of a result vector of more than 8 bits a value at the write port
    std::uint64_t fill_latency;  // grant of the last beat to "complete", plus the decoder
    std::uint64_t input_rate, weight_rate;  // vectors that a fill moves in a cycle
    double dram_bytes_per_cycle;
    double dram_latency;
    double dram_row_cycles;  // between two rows of a bank: no piece of consecutive bytes takes less; ideal: 0
    double burst_bytes, bursts_in_flight;  // of one engine of the DMA
    // One pass of so many vectors, to the start of the next: results leave no faster than `write_back` says.
    std::uint64_t pass_cycles(std::uint64_t vectors) const;
    // All passes of one column tile of the result over a reduction of k.
    std::uint64_t reduction_cycles(std::uint64_t vectors, std::uint64_t k) const;
    // One result vector of a product of n columns, in the vector unit or at its write port.
    std::uint64_t result_beats(std::uint64_t n, bool wide) const;
    // What moving so many bytes in so many pieces takes one engine of the DMA, at least.
    double move_cycles(double bytes, double pieces) const;
    std::uint64_t sram_bytes, sram_word;
    double sram_bytes_per_cycle;
    bool sums_stay() const { return dataflow == Dataflow::output_stationary; }
    bool inputs_stay() const { return dataflow == Dataflow::input_stationary; }
    // Vectors of the input buffer that a slab of so many rows takes: where sums stay, a column each.
    std::uint64_t slab_vectors(std::uint64_t m) const { return sums_stay() ? rows : m; }
    const FormatInfo* storage;
    std::vector<const FormatInfo*> formats;            // by slot, storage first
    std::array<std::uint8_t, format_use_count> slots;  // by use
    std::uint8_t line_slot;                            // of formats with scales of lines; 0: none
    const FormatInfo* vector;
};

}  // namespace octet
