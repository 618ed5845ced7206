#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

TEST(Machine, RunsAnEmptyProgram) {
    Program p;
    const auto r = run_machine(ample_machine(4, 4), p);
    EXPECT_EQ(r.total, 0u);
}

TEST(Machine, RunsAProductFromDramToDram) {
    auto c = ample_machine(4, 4);
    Program p;
    p.program({VectorPass{}});
    const auto a = p.load(0, 0, 12 * 8), b = p.load(4096, 4 << 20, 8 * 8);
    Needs loaded = Program::after(Engine::load, a);
    loaded.after(Engine::load, b);
    const Product g{12, 8, 8};
    add_passes(p, c, g, add_fills(p, c, g, loaded));
    p.store(8 << 20, 8192, 12 * 8, Program::after(Engine::vector, 1));
    const auto r = run_machine(c, p);
    expect_states_fit(r);
    EXPECT_EQ(r.commands, 7u);
    EXPECT_EQ(r.array_passes, 4u);
    EXPECT_EQ(r.dram_read_bytes, 12u * 8 + 64);
    EXPECT_EQ(r.dram_write_bytes, 96u);
    EXPECT_EQ(r.operations[0].activity[Action::mac], 12u * 8 * 8);
}

}  // namespace
}  // namespace octet::testing
