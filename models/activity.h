// The counted actions. Units count, sim/cost prices: a count times a price is energy.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace octet {

// The units of the result document, in its order.
enum class Unit : std::uint8_t { array, vector, softmax, codec, sram, load, store, controller, dram, count };
constexpr std::size_t unit_count = static_cast<std::size_t>(Unit::count);
std::string_view name(Unit unit);

// The components of energy and area in the result document. `leakage` has energy only.
enum class Component : std::uint8_t { array, codec, vector, softmax, buffers, sram, dram, control, leakage, count };
constexpr std::size_t component_count = static_cast<std::size_t>(Component::count);
std::string_view name(Component component);

// Why a unit that had work did not advance. Every stalled cycle has one cause.
enum class StallCause : std::uint8_t {
    waiting_for_input,    // array: the input slab is not in the buffer yet
    waiting_for_weights,  // array: the weight tile is not in the buffer, or not in the PEs yet
    vector_unit,          // array: the vector unit is busy with another command, or has fewer lanes than columns
    write_port,           // array or vector: two-beat results, or the write-back FIFO, hold the flow
    bank_conflict,        // array, vector, load, store: another transfer holds the SRAM bank
    array_result,         // vector: the array has not produced the next vector yet
    dram,                 // load, store: latency and bandwidth of the DRAM
    sram_port,            // load, store: one word a cycle through the engine's SRAM port
    dependency,           // a command at the head of its queue waits for another
    queue_full,           // controller: the queue of the next command has no room
    count
};
constexpr std::size_t stall_cause_count = static_cast<std::size_t>(StallCause::count);
std::string_view name(StallCause cause);

enum class Action : std::uint8_t {
    // array
    mac,                // one multiply-accumulate with values of the workload (padding is none)
    mac_zero_operand,   // the same with an operand that is zero (needs values)
    mac_quantized,      // one of two operands in formats.quantized, on multipliers of that format
    // the same where sums are in fixed point, part by part, instead of the two above
    multiply, multiply_zero_operand,    // the product of two significands, exponents added
    align_add, align_add_zero_operand,  // the product shifted to its place and added
    normalise,          // a sum that leaves its column becomes a float
    weight_load,        // one PE latches one weight
    weight_pass,        // one PE hands a weight to the PE below
    pe_pass,            // one PE hands an input or a partial sum on without a multiply (padding)
    accumulate,         // the adder below a column adds one partial sum to what the buffer holds
    scale_sum,          // one sum of a block times 2^(scale a + scale b) below its column (MX formats)
    // codec
    decode,             // one value from storage to operand or vector format
    encode,             // one value from vector to storage format
    decode_1, encode_1, // the same of the formats beside the storage format, by slot (tensor_formats.h)
    decode_2, encode_2,
    decode_3, encode_3,
    transpose,          // one value through the transposer of the weight port
    // vector unit, one value each, by stage operation
    vector_add,         // add or subtract
    vector_multiply,    // scale or multiply
    vector_divide,
    vector_square,
    vector_exp,         // in the vector format (an exact softmax is counted under softmax)
    vector_relu,
    vector_polynomial,  // GELU, SiLU, tanh, sigmoid by polynomial
    vector_reduce,      // one value into a maximum or sum tree
    vector_square_root, // one a row
    vector_reciprocal,  // one a row
    vector_compare,     // mask
    vector_idle,        // one lane, one cycle in a pass without a value (partial vectors)
    integer_gelu,       // by I-BERT's polynomial
    integer_root,       // one a row
    integer_divide,     // one a row
    vector_scratch_read_bits,   // per-row scratch and parameter registers
    vector_scratch_write_bits,
    // softmax unit
    softmax_exp,        // one value
    softmax_reciprocal, // one a row
    // buffers, bits
    input_buffer_read_bits, input_buffer_write_bits,
    weight_buffer_read_bits, weight_buffer_write_bits,
    accumulation_buffer_read_bits, accumulation_buffer_write_bits,
    // memory
    sram_read_bits, sram_write_bits,
    dma_bytes,
    dram_read_bits, dram_write_bits,
    dram_read_padding_bits, dram_write_padding_bits,  // of a part's bursts: what was not asked for
    dram_activate, dram_refresh,                      // of a part; the ideal DRAM has neither
    host_read_bits, host_write_bits,                  // over the link to the host
    // control
    command,            // one command dispatched
    count
};
constexpr std::size_t action_count = static_cast<std::size_t>(Action::count);

// What an action belongs to and how cost tables call it: {component row, action}.
struct ActionInfo {
    std::string_view component;  // `component` of a cost row: mac, decoder, encoder, vector, softmax, sram, ...
    std::string_view action;     // `action` of a cost row
    Component group;             // where its energy is reported
};
const ActionInfo& info(Action action);
// Conversions from and to the format of a slot.
Action decode_of(std::size_t slot);
Action encode_of(std::size_t slot);
// The slot of such an action; 0 of all others.
std::size_t format_slot(Action action);

// What the array counts for each multiply-accumulate, and what it counts instead with an operand of zero.
struct MacActions {
    Action action, zero_operand;
};
std::span<const MacActions> mac_actions(bool fixed_point);

class Activity {
  public:
    void count(Action action, std::uint64_t n = 1) { counts_[static_cast<std::size_t>(action)] += n; }
    std::uint64_t operator[](Action action) const { return counts_[static_cast<std::size_t>(action)]; }
    Activity& operator+=(const Activity& other) {
        for (std::size_t i = 0; i < action_count; ++i) counts_[i] += other.counts_[i];
        return *this;
    }
    friend bool operator==(const Activity&, const Activity&) = default;

  private:
    std::array<std::uint64_t, action_count> counts_{};
};

}  // namespace octet
