// The rules of docs/hardware/buffers.md for fills, and what they and results in elastic storage wait for, in
// cycles of the machine.
#include "tests/models/memory/transfers.h"

namespace octet::testing {
namespace {

// One pass of the array. The fill of its weights or of its input, from bank 0, starts in cycle 2, beside a
// store that reads a bank in cycles 1 to `held`; the other fill is short of no bank.
Case pass_beside_a_store(std::uint32_t bank, std::uint32_t held, bool weights) {
    Case c = machine(16, 1, 32);
    c.config.dram = IdealDramConfig{64, 10};
    c.program.program({VectorPass{}});
    const Strips words{far + bank * 4, held, 4, 4, 16 * 4, 0};
    c.program.add(Engine::store, DmaCommand{Program::strip(0, 4 * held), words}, {}, 1);
    const Engine first = weights ? Engine::weight_fill : Engine::input_fill,
                 second = weights ? Engine::input_fill : Engine::weight_fill;
    const auto vectors = [](Engine engine) { return engine == Engine::weight_fill ? 4U : 1U; };
    c.program.fill(first, 0, 1, vectors(first), 4);
    c.program.fill(second, (1 << 20) + 8 * 4, 1, vectors(second), 4);
    add_passes(c.program, c.config, {1, 4, 4}, Filled{1, 1});
    return c;
}

TEST(Array, WaitsForTheFillThatAnOlderTransferDelaysForExactlyThatLong) {
    std::deque<Case> cases;
    for (const bool weights : {true, false})
        for (std::uint32_t held = 1; held <= 14; ++held)
            for (const std::uint32_t bank : {12U, 0U})
                cases.push_back(pass_beside_a_store(bank, held, weights));
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); i += 2) {
        const MachineReport &free = r[i], &taken = r[i + 1];
        const bool weights = i < r.size() / 2;
        const Cycle late = i / 2 % 14;  // the fill's first word, and with it the fill
        // Inputs of cycle 2 are decoded in 2 + 2 + 1 + 1; weights of cycle 3 are in the PEs four cycles after
        // 7, so that the first vector goes in 12: not later for inputs that are six cycles late.
        const Cycle waits = weights ? late : late > 6 ? late - 6 : 0;
        const StallCause cause =
            weights || waits == 0 ? StallCause::waiting_for_weights : StallCause::waiting_for_input;
        const Cycle before = stall(free, Unit::array, StallCause::waiting_for_weights);
        EXPECT_EQ(before, weights ? 2U : 3U);
        EXPECT_EQ(stall(taken, Unit::array, cause), before + waits) << i;
        EXPECT_EQ(stall(taken, OperationId{0}, cause), before + waits) << i;
        EXPECT_EQ(taken.units[0].stall(), before + waits) << i;
        EXPECT_EQ(taken.operations[0].array_last, free.operations[0].array_last + waits) << i;
        EXPECT_EQ(end(taken, 0), end(free, 0) + waits) << i;
        EXPECT_EQ(end(taken, 1), end(free, 1)) << i << ": the store is older";
    }
}

TEST(Fill, PausesOnlyForWordsThatAreMoreThanEightCyclesLate) {
    std::deque<Case> cases;
    for (std::uint32_t held = 1; held <= 14; ++held) {
        Case c = machine();
        read_words(c, in_bank(0, held), 0);  // cycles 1 to `held`
        // Groups of two vectors of two words: banks 0 to 3, 4 to 7, ..., from cycle 2 on.
        c.program.fill(Engine::input_fill, 0, 1, 8, 2 * word, {}, 1);
        c.program.fill(Engine::input_fill, far + 8 * word, 1, 1, word, {}, 2);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        const Cycle late = i;  // of the first word, which the words of its place in later groups follow
        EXPECT_EQ(end(r[i], 1), 2 + 3 + late + fill_delay(2)) << i;
        EXPECT_EQ(start(r[i], 2), 2 + 4 + (late > 8 ? late - 8 : 0)) << i;
    }
}

TEST(Fill, BeginsInTheCycleAfterTheLastVectorsOfTheOneBefore) {
    std::deque<Case> cases;
    const std::vector<std::uint32_t> vectors{1, 2, 3, 4, 9, 10};
    for (const std::uint32_t v : vectors) {
        Case c = machine();
        c.program.fill(Engine::input_fill, 0, 1, v, word, {}, 0);
        c.program.fill(Engine::input_fill, far, 1, 1, word, {}, 1);
        c.program.fill(Engine::weight_fill, far + 8 * word, 1, 1, word, {}, 2);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        EXPECT_EQ(start(r[i], 1), std::max<Cycle>(2, 1 + ceil_div(vectors[i], 2U))) << i;
        EXPECT_EQ(start(r[i], 2), start(r[i], 1) + 1) << i << ": its engine is free, its queue is in order";
    }
}

TEST(Fill, MovesTheScalesOfItsBlocksFirstABeatForEveryRun) {
    std::deque<Case> cases;
    for (std::uint32_t runs = 0; runs <= 4; ++runs) {
        Case c = machine();
        c.program.fill(Engine::input_fill, 0, 1, 1, word, {}, 0);
        auto& fill = std::get<FillCommand>(c.program.commands()[0].body);
        if (runs > 0) fill.scales.strips = {far, runs, 2, 2, 64, 0};
        c.program.fill(Engine::input_fill, far, 1, 1, word, {}, 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        EXPECT_EQ(end(r[i], 0), 1 + i + fill_delay(2));
        EXPECT_EQ(start(r[i], 1), 1 + i + 1) << "the engine is free behind the values";
        EXPECT_EQ(r[i].operations[0].activity[Action::sram_read_bits], 8 * (word + 2 * i));
    }
}

TEST(Fill, MayOverwriteASlabInTheCycleAfterItsLastVectorWasIssued) {
    std::deque<Case> cases;
    const std::vector<std::uint32_t> vectors{1, 2, 5, 40};
    for (const std::uint32_t m : vectors) {
        Case c = machine(64, 8);
        c.program.program({VectorPass{}});
        add_product(c.program, c.config, {m, 4, 4});
        c.program.fill(Engine::input_fill, far, 1, 1, 4, Program::after(Engine::array, 1), 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        // The last sum of a vector can be read below the array R*L + C - 1 cycles after its issue.
        const Cycle last_vector = r[i].operations[0].array_last - (4 + 4 - 1);
        EXPECT_EQ(start(r[i], 1), last_vector + 1) << vectors[i];
    }
}

TEST(Epilogue, HoldsThePipelineOnlyForResultsThatTheFifoHasNoRoomFor) {
    constexpr std::uint32_t longest = 60;
    std::deque<Case> cases;
    const std::vector<int> fifos{1, 2, 4};
    for (const int fifo : fifos)
        for (std::uint32_t held = 1; held <= longest; ++held) {
            Case c = machine();
            c.config.vector.writeback_fifo = fifo;
            c.config.dram = IdealDramConfig{64, 10};
            c.program.program({VectorPass{{}, 0, true}});
            // An older store reads bank 0 in cycles 1 to `held`.
            c.program.add(Engine::store, DmaCommand{Program::strip(0, held * word), in_bank(0, held)}, {}, 1);
            // 24 results of four values: six groups of four, the first one into bank 0.
            add_passes(c.program, c.config, {24, 4, 4}, Filled{1, 1});
            c.program.fill(Engine::input_fill, (1 << 20) + 8 * word, 1, 24, 4);
            c.program.fill(Engine::weight_fill, (2 << 20) + 4 * word, 1, 4, 4);
            cases.push_back(std::move(c));
        }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        const auto fifo = static_cast<Cycle>(fifos[i / longest]);
        const Cycle beat = fifo == 1 ? 2 : 1, slack = fifo * 4 * beat - 1;
        const MachineReport& free = r[i / longest * longest];
        const Cycle first = end(free, 0) - 1 - 5 * 4 * beat;  // the cycle of the first group
        const Cycle granted = std::max<Cycle>(first, i % longest + 1 + 1);
        const Cycle waits = granted - first > slack ? granted - first - slack : 0;
        EXPECT_EQ(end(r[i], 0), end(free, 0) + waits) << i;
        EXPECT_EQ(stall(r[i], Unit::vector, StallCause::bank_conflict), waits) << i;
        EXPECT_EQ(r[i].units[0].stall(), free.units[0].stall()) << "the array has elastic storage below it";
    }
    EXPECT_GT(stall(r.back(), Unit::vector, StallCause::bank_conflict), 10U);
}

}  // namespace
}  // namespace octet::testing
