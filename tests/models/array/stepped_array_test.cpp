// The array register by register against the array pass by pass, each in a machine of its own: whatever waits
// for whatever, no number of the two reports differs.
#include <cstdlib>
#include <random>

#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

class RandomCase {
  public:
    explicit RandomCase(unsigned seed) : random_(seed) {}

    Case make() {
        const std::uint32_t operations = pick(1, 4);
        Case c{machine(), Program(operations + 1)};
        c.program.program({VectorPass{{}, 0, true}});  // epilogue
        c.program.program({VectorPass{{}, 1, false}, VectorPass{{}, 1, true}});
        for (OperationId o = 0; o < operations; ++o) product(c, o, operations);
        return c;
    }

  private:
    std::uint32_t pick(std::uint32_t low, std::uint32_t high) {
        return std::uniform_int_distribution<std::uint32_t>(low, high)(random_);
    }
    int of(std::initializer_list<int> list) {
        return *(list.begin() + pick(0, static_cast<std::uint32_t>(list.size()) - 1));
    }

    AcceleratorConfig machine() {
        AcceleratorConfig c = ample_machine(of({1, 2, 3, 4, 8}), of({1, 2, 3, 4, 8}));
        c.array.pe_latency = of({1, 1, 2, 3, 4});
        c.array.overlap_passes = pick(0, 3) != 0;
        c.array.double_buffered_weights = pick(0, 3) != 0;
        if (pick(0, 1) == 0) c.pe.operand = c.pe.storage = "e4m3";  // no decoders
        c.codec.latency = of({0, 1, 2, 9});
        c.codec.placement = static_cast<CodecPlacement>(pick(0, 2));
        c.vector.lanes = of({1, 2, 4, 16});
        c.vector.drain_depth = of({1, 2, 7, 40});
        c.vector.port_beats = of({1, 2, 3});
        c.vector.writeback_fifo = of({1, 2});
        c.vector.latency = of({1, 4, 20});
        c.vector.initiation_interval = of({1, 1, 3});
        if (pick(0, 3) != 0) {
            c.sram.banks = of({1, 1, 2, 4});
            c.sram.width_bits = of({32, 64, 128});
            c.sram.ports = of({1, 2});
            c.sram.latency = of({1, 2, 7});
        }
        if (pick(0, 1) == 0) c.dram = IdealDramConfig{static_cast<double>(of({1, 4, 32})), of({1, 40, 400})};
        return c;
    }

    void product(Case& c, OperationId o, OperationId other) {
        Product g{pick(1, 30), pick(1, 30), pick(1, 30), o};
        g.output_bits = static_cast<std::uint16_t>(of({8, 16}));
        if (pick(0, 1) == 0) {  // commands of one column tile, cut along k
            g.n_step = 1;
            g.k_step = pick(1, 4);
        } else {
            g.n_step = pick(1, 4);
        }
        Program& p = c.program;
        Needs loaded;
        if (pick(0, 1) == 0) loaded.after(Engine::load, p.load(0, 0, pick(1, 3000), {}, o));
        if (pick(0, 2) == 0 && p.count(Engine::array) > 0) {
            // The buffers are free when an earlier command has read them.
            loaded.after(Engine::array, pick(1, p.count(Engine::array)));
        }
        const Filled filled = add_fills(p, c.config, g, loaded);
        if (pick(0, 2) == 0) vector_pass(p, o);  // the unit is busy when the first results come
        Needs needs;
        if (pick(0, 3) == 0) needs.after(Engine::load, p.load(8192, 8192, pick(1, 2000), {}, other));
        add_passes(p, c.config, g, filled, 0, needs);
        if (pick(0, 2) == 0) vector_pass(p, other);
        if (pick(0, 1) == 0)
            p.store(8 << 20, 0, pick(1, 1000), Program::after(Engine::vector, p.count(Engine::vector)), o);
    }

    void vector_pass(Program& p, OperationId o) {
        VectorCommand v;
        v.program = 1;
        v.rows = pick(1, 40);
        v.columns = pick(1, 20);
        v.operands[0].sram = Program::strip(1 << 20, v.rows * v.columns);
        v.operands[0].bits = v.output.bits = 8;
        v.output.sram = Program::strip(2 << 20, v.rows * v.columns);
        p.add(Engine::vector, v, {}, o);
    }

    std::mt19937 random_;
};

TEST(SteppedArray, HasEveryNumberOfThePassLevelArrayInRandomMachines) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << seed);
    std::deque<Case> cases;
    for (unsigned i = 0; i < 300; ++i) cases.push_back(RandomCase(seed + i).make());
    StallCounts stalls{};
    for (const MachineReport& r : run_all(cases)) {
        const UnitTimes& array = r.units[static_cast<std::size_t>(Unit::array)];
        for (std::size_t s = 0; s < stall_cause_count; ++s) stalls[s] += array.stalls[s] > 0;
    }
    for (const StallCause cause :
         {StallCause::waiting_for_input, StallCause::waiting_for_weights, StallCause::vector_unit,
          StallCause::write_port, StallCause::bank_conflict, StallCause::dependency})
        EXPECT_GT(stalls[static_cast<std::size_t>(cause)], 15U) << name(cause) << ": the cases say little";
}

// Operands were complete, and the array stood still afterwards, before the command was taken: what is decoded
// for it began in array cycles that lie before that. (A case that once differed.)
TEST(SteppedArray, SaysLikeThePassLevelArrayWhatAPassWaitedForAcrossAStandstill) {
    std::deque<Case> cases;
    cases.push_back(RandomCase(2342200724U).make());
    run_all(cases);
}

// Fills wake the array, one in every cycle, before the vector unit has its turn in it.
TEST(SteppedArray, SeesAnEpilogueThatIsAcceptedInACycleInWhichAFillStarts) {
    std::deque<Case> cases;
    for (int latency = 1; latency <= 40; ++latency) {
        Case c{ample_machine(2, 3), Program(2)};
        c.config.dram = IdealDramConfig{1024, latency};
        Program& p = c.program;
        p.program({VectorPass{}});
        const std::uint32_t loaded = p.load(0, 0, 64, {}, 1);
        add_product(p, c.config, {4, 2, 3});
        p.commands()[3].needs = Program::after(Engine::load, loaded);  // the epilogue
        for (int i = 0; i < 55; ++i) p.fill(Engine::input_fill, 0, 1, 1, 2, {}, 1);
        cases.push_back(std::move(c));
    }
    run_all(cases);
}

}  // namespace
}  // namespace octet::testing
