// The values in the array's buffers, and the products of its passes.
//
// Buffers hold operands: decoders are exact, so it does not matter for values where they stand. A fill reads
// its codes when it starts and delivers slab by slab, or tile by tile, when each is complete. The pass-level
// array reads the buffers in the cycle in which the last pass of a command starts.
#pragma once
#include <map>
#include <memory>

#include "models/machine_values.h"

namespace octet {

class ArrayValues {
  public:
    explicit ArrayValues(MachineValues& values) : values_(values) {}

    void fill(Engine engine, const FillCommand& command, Cycle start, std::vector<Cycle> complete);
    void passes(const MatmulCommand& command, OperationId operation, Cycle last_start);

    // What is in the buffers in a cycle, for an array that takes operands one by one. Throws std::logic_error
    // if the slab or tile of a command's pass is not.
    struct Operands {
        std::uint32_t rows = 0, columns = 0;
        std::vector<float> numbers;
        std::vector<IntegerOperand> integers;
        std::vector<Cycle> complete;       // of each slab or tile: in the buffer from this cycle on
        std::vector<std::uint8_t> scales;  // as of BlockScales, if operands have some
        std::size_t scales_stride = 0, phase = 0;

        template <class Operand>
        const std::vector<Operand>& all() const {
            if constexpr (std::is_integral_v<Operand>)
                return integers;
            else
                return numbers;
        }
        // Up to `count` operands of a row, from a column on.
        template <class Operand>
        std::span<const Operand> part(std::size_t row, std::size_t column, std::size_t count) const {
            if (row >= rows || column >= columns) return {};
            return std::span(all<Operand>())
                .subspan(row * columns + column, std::min<std::size_t>(count, columns - column));
        }
    };
    using OperandPointer = std::shared_ptr<const Operands>;
    OperandPointer inputs(const MatmulCommand& command, std::uint32_t slab, Cycle cycle);
    OperandPointer weights(const MatmulCommand& command, std::uint32_t tile, Cycle cycle);
    MachineValues& machine() { return values_; }
    // Of operands that have some.
    BlockScales scales_of(const Operands& a, const Operands& b) const;

  private:
    bool integers() const { return is_integer(values_.config.rules.accumulator); }
    Operands read(const FillCommand& command) const;
    // Scales of the operands as the products take them: along k.
    void read_scales(const FillCommand& command, bool input, Operands& operands) const;
    using Buffer = std::map<Address, OperandPointer>;  // by address in it
    OperandPointer find(const Buffer& buffer, Address address, std::uint32_t index, Cycle cycle);
    void multiply(const MatmulCommand& command, OperationId operation, Cycle start);
    void multiply_parts(const MatmulCommand& command, OperationId operation);
    void multiply(const MatmulCommand& command, OperationId operation, const Operands& a, const Operands& b);
    // The reduction of several commands as that of one.
    std::pair<Operands, Operands> joined() const;

    MachineValues& values_;
    Buffer inputs_, weights_;
    std::vector<std::pair<OperandPointer, OperandPointer>> parts_;  // of a reduction whose sums stay
    std::vector<float> held_;  // the accumulation buffer: m vectors of all columns
    std::vector<std::int32_t> held_integers_;
};

// A part of a product: reduction steps [k, k_end), columns [n, n_end).
struct ProductPart {
    std::size_t k = 0, k_end = 0, n = 0, n_end = 0;
};
// How many of its multiplications have an operand that is zero.
std::uint64_t zero_products(const ArrayValues::Operands& a, const ArrayValues::Operands& b,
                            const ProductPart& part);

// Results of an input-stationary array: a row of sums is a column of the product.
MachineValues::Sums turned_back(const MachineValues::Sums& sums);

}  // namespace octet
