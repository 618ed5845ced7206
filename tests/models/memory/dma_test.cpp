#include <cmath>

#include "models/memory/ideal_dram.h"
#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

Case loads(double bytes_per_cycle, int latency, int outstanding, std::uint32_t bytes, Address from = 0) {
    Case c{ample_machine(4, 4), Program(1)};
    c.config.dram = IdealDramConfig{bytes_per_cycle, latency};
    c.config.dma.outstanding = outstanding;
    c.program.load(from, 0, bytes);
    return c;
}

TEST(Load, WritesABurstFromTheCycleInWhichItsLastByteHasArrived) {
    std::deque<Case> cases;
    cases.push_back(loads(64, 40, 16, 64));
    cases.push_back(loads(64, 41, 16, 64));
    cases.push_back(loads(32, 40, 16, 64));
    const auto r = run_all(cases);
    // Requested in cycle 1, on the bus in cycle 41, written in cycle 42.
    EXPECT_EQ(r[0].operations[0].end, 43u);
    EXPECT_EQ(r[1].operations[0].end, 44u);
    EXPECT_EQ(r[2].operations[0].end, 44u);
}

TEST(Load, HasNoMoreBurstsInFlightThanOutstanding) {
    std::deque<Case> cases;
    for (const int outstanding : {1, 2, 3, 64}) cases.push_back(loads(64, 100, outstanding, 6 * 64));
    const auto r = run_all(cases);
    // One at a time: 100 cycles from the request on, 1 on the bus, 1 at the SRAM port.
    EXPECT_EQ(r[0].operations[0].end, 1u + 6 * 102);
    // Two at a time: pairs; the second of a pair is written right behind the first.
    EXPECT_EQ(r[1].operations[0].end, 1u + 3 * 102 + 1);
    EXPECT_EQ(r[2].operations[0].end, 1u + 2 * 102 + 2);
    EXPECT_EQ(r[3].operations[0].end, 1u + 101 + 6);
}

TEST(Load, CutsBurstsAtMultiplesOfTheirSize) {
    std::deque<Case> cases;
    cases.push_back(loads(64, 10, 1, 64, 0));
    cases.push_back(loads(64, 10, 1, 64, 4));    // 60 and 4 bytes
    cases.push_back(loads(64, 10, 1, 130, 63));  // 1, 64, 64, 1
    const auto r = run_all(cases);
    EXPECT_EQ(r[0].operations[0].end, 1u + 12);
    EXPECT_EQ(r[1].operations[0].end, 1u + 12 + 12);
    EXPECT_EQ(r[2].operations[0].end, 1u + 4 * 12);
    EXPECT_EQ(r[1].dram_read_bytes, 64u);
    EXPECT_EQ(r[2].dram_read_bytes, 130u);
    EXPECT_EQ(r[2].operations[0].activity[Action::dram_read_bits], 130u * 8);
    EXPECT_EQ(r[2].operations[0].activity[Action::sram_write_bits], 130u * 8);
    EXPECT_EQ(r[2].operations[0].activity[Action::dma_bytes], 130u);
}

TEST(Load, KeepsTheExactBandwidthForEveryFraction) {
    std::deque<Case> cases;
    const std::vector<double> rates{0.3, 1, 1.1, 3, 6.4, 7, 12.8, 48.0 / 7};
    for (const double rate : rates) cases.push_back(loads(rate, 5, 64, 64 * 1000));
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < rates.size(); ++i) {
        // The first burst is requested in cycle 1; the bus never pauses.
        const auto end = static_cast<Cycle>(std::ceil(6 + 64 * 1000 / rates[i] - 1e-6));
        EXPECT_EQ(r[i].operations[0].end, end + 1) << rates[i];
        const auto& dram = r[i].units[static_cast<std::size_t>(Unit::dram)];
        EXPECT_EQ(dram.busy, end - 6) << rates[i];
    }
}

TEST(Load, TakesTheNextCommandWhenItsLastBurstHasBeenRequested) {
    Case c{ample_machine(4, 4), Program(2)};
    c.config.dram = IdealDramConfig{64, 100};
    c.program.load(0, 0, 3 * 64, {}, 0);
    c.program.load(4096, 4096, 64, {}, 1);
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    const auto r = run_all(cases)[0];
    EXPECT_EQ(r.operations[1].start, 4u);
    EXPECT_EQ(r.operations[1].end, r.operations[0].end + 1) << "its words follow in order";
}

TEST(Store, ReadsWordsAheadOfTheirBurst) {
    std::deque<Case> cases;
    for (const int latency : {2, 3}) {
        Case c{ample_machine(4, 4), Program(1)};
        c.config.dram = IdealDramConfig{64, 10};
        c.config.sram.latency = latency;
        c.program.store(0, 0, 64);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    // Read in cycle 1, there in 3, requested, 10 cycles, 1 on the bus.
    EXPECT_EQ(r[0].operations[0].end, 14u);
    EXPECT_EQ(r[1].operations[0].end, 15u);
    EXPECT_EQ(r[0].dram_write_bytes, 64u);
    EXPECT_EQ(r[0].operations[0].activity[Action::sram_read_bits], 512u);
}

TEST(Dram, ServesAYoungerStoreInTheGapsOfAnOlderLoad) {
    std::deque<Case> cases;
    for (const bool load : {false, true}) {
        Case c{ample_machine(4, 4), Program(2)};
        c.config.dram = IdealDramConfig{64, 10};
        c.config.dma.outstanding = 4;  // four bursts, then a gap
        if (load) c.program.load(0, 0, 64 * 100, {}, 0);
        c.program.store(1 << 16, 1 << 20, 64, {}, 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(r[1].operations[0].end, 1u + 25 * 12 + 3);
    EXPECT_LE(r[1].operations[1].end, r[0].operations[1].end + 5) << "behind the load's first four bursts";
}

TEST(Load, TakesAsManyCyclesForABurstAsItsWordsNeedOfAllBanks) {
    std::deque<Case> cases;
    for (const int banks : {4, 3, 2, 1}) {
        cases.push_back(loads(64, 40, 16, 64));
        cases.back().config.sram.banks = banks;
        cases.back().config.sram.ports = 1;
    }
    const auto r = run_all(cases);
    const std::vector<Cycle> beat{1, 2, 2, 4};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(r[i].operations[0].end, 42 + beat[i]);
}

TEST(Load, TakesABeatForEveryPieceThatIsNotConsecutiveInSram) {
    Case c{ample_machine(4, 4), Program(1)};
    c.config.dram = IdealDramConfig{64, 40};
    c.program.add(Engine::load, DmaCommand{Program::strip(0, 64), {0, 4, 16, 16, 4096, 0}});
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    EXPECT_EQ(run_all(cases)[0].operations[0].end, 42u + 4);
}

TEST(Dma, LeavesTheCyclesBetweenItsBurstsToOthers) {
    std::deque<Case> cases;
    for (const bool busy : {false, true}) {
        Case c{ample_machine(4, 4), Program(2)};
        c.config.sram.banks = 4;
        c.config.sram.ports = 1;
        c.config.dram = IdealDramConfig{32, 10};
        c.program.load(0, 0, 64 * 200, {}, 0);
        if (busy) c.program.fill(Engine::input_fill, 0, 1, 300, 16, {}, 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    // A burst every second cycle takes all four banks; the fill, younger, finds its words in the gaps.
    EXPECT_EQ(r[0].operations[0].end, r[1].operations[0].end);
    EXPECT_EQ(r[0].operations[0].end, 1u + 10 + 400 + 1);
    EXPECT_GE(r[1].operations[1].end, 2u + 150 + 135);
}

TEST(Fraction, IsTheSimplestOneThatTheNumberStandsFor) {
    const auto expect = [](double value, std::uint64_t numerator, std::uint64_t denominator) {
        const Fraction f = to_fraction(value);
        EXPECT_EQ(f.numerator, numerator) << value;
        EXPECT_EQ(f.denominator, denominator) << value;
    };
    expect(32, 32, 1);
    expect(6.4, 32, 5);
    expect(0.3, 3, 10);
    expect(1.0 / 3, 1, 3);
    expect(12.8, 64, 5);
    expect(17.066666666666666, 256, 15);
}

}  // namespace
}  // namespace octet::testing
