// Transfers of the SRAM, word by word of one bank, for tests of single rules.
#pragma once
#include "tests/models/accelerator/machines.h"

namespace octet::testing {

inline constexpr std::uint32_t word = 16;         // bytes
inline constexpr Address far = Address{4} << 20;  // begins in bank 0 too

inline Case machine(int banks = 16, int ports = 1, int word_bits = 128, int latency = 2) {
    Case c{ample_machine(4, 4), Program(4)};
    c.config.sram.banks = banks;
    c.config.sram.ports = ports;
    c.config.sram.width_bits = word_bits;
    c.config.sram.latency = latency;
    c.config.vector = {};
    return c;
}

// `count` words of one bank out of `banks`, one after another.
inline Strips in_bank(std::uint32_t bank, std::uint32_t count, std::uint32_t banks = 16, Address base = 0) {
    return {base + bank * word, count, word, word, std::uint64_t{banks} * word, 0};
}

// A vector command of `operation` that reads `count` words of a bank, one a cycle from the cycle of its start
// on.
inline void read_words(Case& c, const Strips& strips, OperationId operation, const Needs& needs = {}) {
    VectorCommand v;
    v.program = c.program.program({VectorPass{{}, 1, false}});
    v.rows = strips.count;
    v.columns = strips.bytes;
    v.operands[0] = {strips, 8, false};
    c.program.add(Engine::vector, v, needs, operation);
}

// A fill of the words of a strip, one a cycle.
inline void fill_words(Case& c, Engine engine, const Strips& strips, OperationId operation,
                       const Needs& needs = {}) {
    FillCommand f;
    f.sram = strips;
    f.slabs = strips.count;
    f.vectors = f.vectors_last = 1;
    f.values = strips.total();
    c.program.add(engine, f, needs, operation);
}

inline Cycle start(const MachineReport& r, OperationId operation) {
    return r.operations[operation].start;
}
inline Cycle end(const MachineReport& r, OperationId operation) {
    return r.operations[operation].end;
}
inline Cycle stall(const MachineReport& r, Unit unit, StallCause cause) {
    return r.units[static_cast<std::size_t>(unit)].stalls[static_cast<std::size_t>(cause)];
}
inline Cycle stall(const MachineReport& r, OperationId operation, StallCause cause) {
    return r.operations[operation].stalls[static_cast<std::size_t>(cause)];
}

// From its grant to the end of a fill of one word: there after the latency, in the buffer one later.
constexpr Cycle fill_delay(Cycle latency) {
    return latency + 1;
}

}  // namespace octet::testing
