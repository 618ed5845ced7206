// The values in the array's buffers, and the products of its passes.
//
// Buffers hold operands: decoders are exact, so it does not matter for values where they stand. A fill reads
// its codes when it starts and delivers when its last slab is complete; passes read the buffers in the cycle
// in which the last of a command starts.
#pragma once
#include <map>

#include "models/machine_values.h"

namespace octet {

class ArrayValues {
  public:
    explicit ArrayValues(MachineValues& values) : values_(values) {}

    void fill(Engine engine, const FillCommand& command, Cycle start, Cycle complete);
    void passes(const MatmulCommand& command, OperationId operation, Cycle last_start);

  private:
    struct Operands {
        std::uint32_t rows = 0, columns = 0;
        std::vector<float> numbers;
        std::vector<std::int8_t> integers;
    };
    bool integers() const { return is_integer(values_.config.rules.accumulator); }
    Operands read(const FillCommand& command) const;
    void multiply(const MatmulCommand& command, OperationId operation);

    MachineValues& values_;
    std::map<Address, Operands> inputs_, weights_;  // by address in the buffer
    std::vector<float> held_;                       // the accumulation buffer: m vectors of all columns
    std::vector<std::int32_t> held_integers_;
};

}  // namespace octet
