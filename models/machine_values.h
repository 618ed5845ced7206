// The values of a run: what the memories hold, and what becomes of it (docs/values.md).
//
// A machine without values has none of this; with values its timing is the same, because nothing here has a
// say in it. A unit reads at the start of a command what has been delivered by then, and delivers its results
// in the cycle in which the command completes: a command that does not wait for what it needs computes with
// what happens to be there.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <vector>

#include "models/accelerator/command.h"
#include "models/accelerator/tensor_formats.h"
#include "models/arithmetic/gemm.h"
#include "models/array/config.h"
#include "models/codec/matrix_codes.h"
#include "models/effects.h"
#include "models/softmax/config.h"

namespace octet {

// Looks on while values are computed.
class ValueObserver {
  public:
    virtual ~ValueObserver() = default;
    // Results of an operation: rows x columns of them, row by row, as later operations see them.
    virtual void produced(OperationId operation, const ResultPart& part, std::size_t rows,
                          std::size_t columns, std::span<const float> values) = 0;
    // The same results before they are encoded, if they are.
    virtual void unencoded(OperationId, const ResultPart&, std::size_t /*rows*/, std::size_t /*columns*/,
                           std::span<const float>) {}
    // Whether it wants to know when results are written; then `written` is called for each vector of them:
    // `columns` values of one row, and the cycle in which the last of them leaves for the SRAM.
    virtual bool wants_cycles() const { return false; }
    virtual void written(OperationId, const ResultPart&, std::size_t /*columns*/, Cycle) {}
    // Whether it wants codes; then `stored` is called with those of results as they lie in memory.
    virtual bool wants_codes() const { return false; }
    virtual void stored(OperationId, const FormatInfo&, std::span<const Code>) {}
};

// What went wrong in an operation's arithmetic, in numbers of values.
struct ValueCounts {
    std::uint64_t saturated =
        0;  // beyond the largest number of the format, or an integer sum that overflowed
    std::uint64_t underflowed = 0;    // not zero, but below the smallest number of the format
    std::uint64_t nar = 0;            // not a number
    std::uint64_t zero_products = 0;  // of the array, with an operand that is zero
};

struct ValueConfig {
    // What values lie in memory in, by slot (tensor_formats.h).
    struct Stored {
        const FormatInfo* info = nullptr;
        const FormatInfo* operand = nullptr;  // only if it does not hold every number of this format
        bool scales_operands = false;  // numbers take the scales of their blocks before they are multiplied
        bool rounds_on_entry = true;          // the vector format does not hold every number of this format
        bool scaled() const { return info->tensor_scale != nullptr; }
    };
    std::array<Stored, max_formats> formats;
    const Stored& storage() const { return formats[0]; }
    bool scaled() const {  // products have operands with scales
        return std::ranges::any_of(formats, [](const Stored& s) { return s.info != nullptr && s.scaled(); });
    }
    bool rounds_sums = true;  // ... of the accumulation buffer
    const FormatInfo* vector = nullptr;
    Accumulator vector_accumulator = Accumulator::bf16;  // the vector format as a unit that computes
    Dataflow dataflow = Dataflow::weight_stationary;
    GemmRules rules;
    std::size_t lanes = 16;
    bool integer_gelu = false, integer_layernorm = false;
    SoftmaxConfig softmax;
    std::uint64_t sram_bytes = 0;
    std::uint32_t operations = 0;
    unsigned threads = 1;  // for products; the values do not depend on it
};

struct MachineValues {
    explicit MachineValues(const ValueConfig& c)
        : config(c), sram(c.sram_bytes), dram(~std::uint64_t{0} >> 1U), counts(c.operations) {}

    ValueConfig config;
    ByteStore sram, dram;
    Effects effects;
    ValueObserver* observer = nullptr;
    std::vector<ValueCounts> counts;  // by operation
    // Result columns of matrix products on their way to the vector unit, by the epilogue's sequence number.
    struct Sums {
        std::uint32_t rows = 0, columns = 0;
        std::vector<float> numbers;
        std::vector<std::int32_t> integers;
        template <class Sum>
        std::vector<Sum>& of() {
            if constexpr (std::is_integral_v<Sum>)
                return integers;
            else
                return numbers;
        }
    };
    std::map<std::uint32_t, Sums> sums;
};

}  // namespace octet
