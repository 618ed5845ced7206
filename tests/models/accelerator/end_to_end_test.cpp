#include <gtest/gtest.h>

#include "tests/models/accelerator/program.h"

namespace octet::testing {
namespace {

void expect_states_fit(const MachineReport& r) {
    StallCounts units{}, operations{};
    for (std::size_t u = 0; u < unit_count; ++u) {
        EXPECT_LE(r.units[u].busy + r.units[u].stall(), r.total) << name(static_cast<Unit>(u));
        for (std::size_t s = 0; s < stall_cause_count; ++s) units[s] += r.units[u].stalls[s];
    }
    for (const auto& o : r.operations)
        for (std::size_t s = 0; s < stall_cause_count; ++s) operations[s] += o.stalls[s];
    EXPECT_EQ(units, operations);
}

TEST(Machine, RunsAnEmptyProgram) {
    Program p;
    const auto r = run_machine(ample_machine(4, 4), p);
    EXPECT_EQ(r.total, 0u);
}

TEST(Machine, RunsAProductFromDramToDram) {
    auto c = ample_machine(4, 4);
    Program p;
    p.program({VectorPass{}});
    const auto a = p.load(0, 0, 12 * 8), b = p.load(4096, 1 << 16, 8 * 8);
    gemm(p, c, 12, 8, 8);
    for (auto& command : p.commands())
        if (command.engine == Engine::input_fill)
            command.needs.after(Engine::load, a);
        else if (command.engine == Engine::weight_fill)
            command.needs.after(Engine::load, b);
    p.store(1 << 20, 8192, 12 * 8, Program::after(Engine::vector, 1));
    const auto r = run_machine(c, p);
    expect_states_fit(r);
    EXPECT_EQ(r.commands, 7u);
    EXPECT_EQ(r.array_passes, 4u);
    EXPECT_EQ(r.dram_read_bytes, 12u * 8 + 64);
    EXPECT_EQ(r.dram_write_bytes, 96u);
    EXPECT_EQ(r.operations[0].activity[Action::mac], 12u * 8 * 8);
    for (std::size_t u = 0; u < unit_count; ++u) {
        printf("%-12s busy %llu stall %llu of %llu\n", std::string(name(static_cast<Unit>(u))).c_str(),
               (unsigned long long)r.units[u].busy, (unsigned long long)r.units[u].stall(),
               (unsigned long long)r.total);
    }
}

}  // namespace
}  // namespace octet::testing
