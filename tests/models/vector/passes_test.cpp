#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

struct Work {
    std::uint32_t rows = 10, columns = 16, passes = 1;
    std::uint16_t bits = 8;
    bool codec = false;
    VectorPass pass = {{}, 1, true};
};

Case vector_case(const Work& w, const VectorConfig& vector = {}) {
    Case c{ample_machine(4, 4), Program(2)};
    c.config.vector = vector;
    c.config.softmax = {};
    c.program.program(std::vector<VectorPass>(w.passes, w.pass));
    VectorCommand v;
    v.rows = w.rows;
    v.columns = w.columns;
    const std::uint32_t bytes = w.rows * w.columns * w.bits / 8;
    for (std::uint32_t i = 0; i < 3; ++i) v.operands[i] = {Program::strip(i << 20, bytes), w.bits, w.codec};
    v.output = {Program::strip(4 << 20, bytes), w.bits, w.codec};
    v.parameters = {Program::strip(5 << 20, w.columns * 2), 16, false};
    c.program.add(Engine::vector, v);
    return c;
}

Cycle cycles(const MachineReport& r, OperationId operation = 0) {
    return r.operations[operation].end - r.operations[operation].start;
}

TEST(VectorPass, TakesABeatForEveryVectorAndTheLatencyOnce) {
    std::deque<Case> cases;
    cases.push_back(vector_case({}));
    VectorConfig slow;
    slow.initiation_interval = 3;
    slow.latency = 34;
    cases.push_back(vector_case({}, slow));
    cases.push_back(vector_case({10, 17}));
    cases.push_back(vector_case({10, 16, 4}));
    cases.push_back(vector_case({10, 16, 1, 8, true}));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 10u + 4);
    EXPECT_EQ(cycles(r[1]), 10u * 3 + 34);
    EXPECT_EQ(cycles(r[2]), 11u + 4) << "170 values are eleven vectors";
    EXPECT_EQ(cycles(r[3]), 4 * (10u + 4)) << "a pass starts when the one before has completed";
    EXPECT_EQ(cycles(r[4]), 10u + 4 + 2) << "decoded and encoded";
}

// Ten values of 16 bits, each in a row of 64 bytes, to a matrix of three columns.
TEST(VectorPass, TakesABeatForEveryValueOfAColumn) {
    const auto column = [](std::uint32_t count) {
        Case c = vector_case({10, 1, 1, 16});
        std::get<VectorCommand>(c.program.commands()[0].body).by_value = true;
        VectorCommand& v = std::get<VectorCommand>(c.program.commands()[0].body);
        v.operands[0].sram = {2, 10, 2, 2, 64, 0, 0};
        v.output.sram = {4 << 20, 10, 2, 2, 6, 0, 0};
        for (std::uint32_t i = 1; i < count; ++i) {
            VectorCommand next = v;
            next.operands[0].sram.base += 2 * i, next.output.sram.base += 2 * i;
            c.program.add(Engine::vector, next);
        }
        return c;
    };
    std::deque<Case> cases;
    cases.push_back(column(1));
    cases.push_back(column(3));
    VectorConfig slow;
    slow.initiation_interval = 3;
    cases.push_back(column(1));
    cases.back().config.vector = slow;
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 10u + 4);
    EXPECT_EQ(cycles(r[1]), 3 * 10u + 4) << "columns follow one another";
    EXPECT_EQ(cycles(r[2]), 3 * 10u + 4);
    const Activity& a = r[1].operations[0].activity;
    EXPECT_EQ(a[Action::vector_idle], 3u * 10 * 15);
    EXPECT_EQ(a[Action::sram_read_bits], 3u * 10 * 16);
    EXPECT_EQ(a[Action::sram_write_bits], 3u * 10 * 16);
}

TEST(VectorPass, TakesTwoBeatsForWideValuesThroughANarrowPort) {
    VectorConfig narrow;
    narrow.port_beats = 2;
    VectorConfig fifo = narrow;
    fifo.writeback_fifo = 1;
    std::deque<Case> cases;
    cases.push_back(vector_case({10, 16, 1, 8}, narrow));
    cases.push_back(vector_case({10, 16, 1, 16}, narrow));
    cases.push_back(vector_case({10, 16, 1, 16}, fifo));
    cases.push_back(vector_case({10, 16, 1, 8}, fifo));
    cases.push_back(vector_case({10, 16, 1, 16, false, {{}, 1, false}}, fifo));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 10u + 4);
    EXPECT_EQ(cycles(r[1]), 20u + 4);
    EXPECT_EQ(cycles(r[2]), 20u + 4) << "the write-back FIFO is the array's";
    EXPECT_EQ(cycles(r[3]), 10u + 4);
    EXPECT_EQ(cycles(r[4]), 20u + 4) << "nothing is written";
}

TEST(VectorPass, TakesTheDepthOfTheReductionOnceIfItReduces) {
    VectorConfig deep;
    deep.reduce_latency = 56;
    VectorPass reduces{{}, 1, false};
    reduces.stages.push_back({Action::vector_reduce, 0, true});
    VectorConfig rows = deep;
    rows.row_at_a_time = true;
    VectorPass digits = reduces;
    digits.row_latency = 64;
    std::deque<Case> cases;
    cases.push_back(vector_case({10, 16, 2, 8, false, reduces}, deep));
    cases.push_back(vector_case({10, 16, 2, 8}, deep));
    cases.push_back(vector_case({10, 16, 2, 8, false, reduces}, rows));
    cases.push_back(vector_case({10, 16, 2, 8, false, digits}, deep));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 2 * (10u + 4 + 56));
    EXPECT_EQ(cycles(r[1]), 2 * (10u + 4)) << "no pass that reduces";
    EXPECT_EQ(cycles(r[2]), 10 * 2 * (1u + 4 + 56)) << "once a row and pass";
    EXPECT_EQ(cycles(r[3]), 2 * (10u + 4 + 56 + 64)) << "digits of roots and quotients on top";
}

TEST(VectorPass, PaysTheLatencyPerRowWhenEachRowFinishesFirst) {
    VectorConfig rows;
    rows.row_at_a_time = true;
    std::deque<Case> cases;
    cases.push_back(vector_case({10, 24, 3}, rows));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 10u * 3 * (2 + 4));
    EXPECT_EQ(r[0].operations[0].activity[Action::vector_idle], 3u * 10 * 8);
}

TEST(VectorPass, OverResultsOfRowsTakesABeatForLanesRows) {
    VectorPass results{{}, 0, true};
    results.row_results = true;
    VectorConfig rows;
    rows.row_at_a_time = true;
    std::deque<Case> cases;
    cases.push_back(vector_case({40, 16, 1, 16, false, results}));
    cases.push_back(vector_case({40, 16, 1, 16, false, results}, rows));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 3u + 4) << "40 values in vectors of 16";
    EXPECT_EQ(cycles(r[1]), 40u * (1 + 4)) << "each with its row";
    EXPECT_EQ(r[0].operations[0].activity[Action::sram_write_bits], 40u * 16);
    EXPECT_EQ(r[0].operations[0].activity[Action::vector_idle], 8u);
}

TEST(VectorPass, OverSeveralResultsOfEachRowTakesABeatForLanesOfThem) {
    VectorPass sums{{}, 1, false}, results{{}, 0, true};
    sums.stages.push_back({Action::vector_reduce, 0, false});
    results.row_results = true;
    sums.results = results.results = 3;
    VectorConfig rows;
    rows.row_at_a_time = true;
    std::deque<Case> cases;
    cases.push_back(vector_case({40, 16, 1, 16, false, results}));
    cases.push_back(vector_case({40, 16, 1, 16, false, results}, rows));
    cases.push_back(vector_case({40, 16, 1, 16, false, sums}));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 8u + 4) << "120 values in vectors of 16";
    EXPECT_EQ(cycles(r[1]), 40u * (1 + 4)) << "three with their row";
    EXPECT_EQ(r[0].operations[0].activity[Action::sram_write_bits], 120u * 16);
    EXPECT_EQ(r[0].operations[0].activity[Action::vector_idle], 8u);
    EXPECT_EQ(r[2].operations[0].activity[Action::vector_reduce], 40u * 16);
    EXPECT_EQ(r[2].operations[0].activity[Action::vector_scratch_write_bits], 120u * 16);
    EXPECT_EQ(r[2].operations[0].activity[Action::vector_scratch_read_bits], 120u * 16);
}

TEST(VectorUnit, TakesTheNextCommandBehindTheLastVector) {
    Case c = vector_case({});
    Command second = c.program.commands()[0];
    second.operation = 1;
    c.program.commands().push_back(second);
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    const auto r = run_all(cases)[0];
    EXPECT_EQ(r.operations[1].start, r.operations[0].start + 10);
    EXPECT_EQ(r.units[static_cast<std::size_t>(Unit::vector)].busy, 24u)
        << "the pipeline empties while the next runs";
}

TEST(VectorUnit, ReadsOperandsOfOneBankPhaseOneBehindTheOther) {
    // One port a bank: both operands and the result start in bank 0 and move at one word a vector.
    Case c = vector_case({100, 16, 1, 8, false, {{}, 0b11, true}});
    c.config.sram.ports = 1;
    Case ample = vector_case({100, 16, 1, 8, false, {{}, 0b11, true}});
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    cases.push_back(std::move(ample));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[1]), 104u);
    EXPECT_EQ(cycles(r[0]), 105u) << "the second operand falls one cycle behind, once";
}

TEST(VectorUnit, WaitsForBanksThatAnOlderTransferHolds) {
    // One bank, one port: a long fill owns it.
    std::deque<Case> cases;
    for (const bool fill : {false, true}) {
        Case c = vector_case({10, 16, 1, 8, false, {{}, 1, false}});
        c.config.sram.banks = c.config.sram.ports = 1;
        if (fill) {
            c.program.fill(Engine::input_fill, 0, 1, 50, 16, {}, 1);
            std::swap(c.program.commands()[0], c.program.commands()[1]);
        }
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 14u);
    EXPECT_EQ(cycles(r[1]), 14u + 49) << "the fill started a cycle earlier";
    EXPECT_EQ(r[1].units[static_cast<std::size_t>(Unit::vector)]
                  .stalls[static_cast<std::size_t>(StallCause::bank_conflict)],
              49u);
}

TEST(VectorUnit, CountsStagesUnderTheOperationThatAskedForThem) {
    const VectorPass pass{{{Action::vector_add, 1, false},
                           {Action::vector_reduce, 0, false},
                           {Action::vector_reciprocal, 0, true}},
                          1,
                          true,
                          -1,
                          false,
                          true};
    std::deque<Case> cases;
    cases.push_back(vector_case({10, 17, 2, 8, true, pass}));
    const auto r = run_all(cases)[0];
    const Activity &host = r.operations[0].activity, &fused = r.operations[1].activity;
    EXPECT_EQ(fused[Action::vector_add], 2u * 170);
    EXPECT_EQ(host[Action::vector_add], 0u);
    EXPECT_EQ(host[Action::vector_reduce], 2u * 170);
    EXPECT_EQ(host[Action::vector_reciprocal], 2u * 10);
    EXPECT_EQ(host[Action::vector_idle], 2u * 6);
    EXPECT_EQ(host[Action::decode], 2u * 170);
    EXPECT_EQ(host[Action::encode], 2u * 170);
    EXPECT_EQ(host[Action::vector_scratch_write_bits], 2u * (10 + 17) * 16);
    EXPECT_EQ(host[Action::vector_scratch_read_bits], 2u * (10 + 170) * 16);
    EXPECT_EQ(host[Action::sram_read_bits], 2u * (170 * 8 + 17 * 16));
    EXPECT_EQ(host[Action::sram_write_bits], 2u * 170 * 8);
}

TEST(Softmax, IsBusyWithTheVectorUnit) {
    std::deque<Case> cases;
    cases.push_back(vector_case({10, 16, 3, 8, false, {{}, 1, true, -1, true}}));
    const auto r = run_all(cases)[0];
    EXPECT_EQ(r.units[static_cast<std::size_t>(Unit::softmax)].busy, 3u * 14);
    EXPECT_EQ(r.units[static_cast<std::size_t>(Unit::vector)].busy, 3u * 14);
}

// An epilogue whose unit has fewer lanes than the array has columns.
TEST(Epilogue, ThrottlesTheArrayWhenLanesAreFew) {
    std::deque<Case> cases;
    for (const int lanes : {8, 4}) {
        Case c{ample_machine(8, 8), Program(1)};
        c.config.vector.lanes = lanes;
        c.config.vector.drain_depth = 1;
        c.program.program({VectorPass{{}, 0, true}});
        add_product(c.program, c.config, {100, 8, 8});
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    const auto& o = r[1].operations[0];
    EXPECT_EQ(o.array_last - o.array_first,
              8u + 100 + 14 + (2 * 99 - 100) - 1);  // the last one is held below
    EXPECT_EQ(r[1].units[0].stalls[static_cast<std::size_t>(StallCause::vector_unit)], 98u);
    EXPECT_EQ(r[0].units[0].stalls[static_cast<std::size_t>(StallCause::vector_unit)], 0u);
}

// 16 columns; a load takes all four banks every third cycle, for as long as results leave.
Case results_beside_a_load(std::uint32_t m, int fifo, int drain_depth) {
    Case c{ample_machine(4, 16), Program(2)};
    c.config.sram.banks = 4;
    c.config.sram.ports = 1;
    c.config.dram = IdealDramConfig{64.0 / 3, 10};
    c.config.vector.writeback_fifo = fifo;
    c.config.vector.drain_depth = drain_depth;
    c.program.program({VectorPass{{}, 0, true}});
    c.program.load(0, 1 << 20, 64 * 1000, {}, 1);
    add_product(c.program, c.config, {m, 4, 16});
    return c;
}

TEST(Epilogue, LetsAWriteThatFindsItsBanksTakenWaitWhileThePipelineGoesOn) {
    std::deque<Case> cases;
    cases.push_back(results_beside_a_load(600, 2, 1));
    const auto r = run_all(cases);
    const auto& o = r[0].operations[0];
    EXPECT_EQ(o.array_last - o.array_first, 4u + 600 + 18);
    EXPECT_EQ(r[0].units[0].stalls[static_cast<std::size_t>(StallCause::bank_conflict)], 0u);
    EXPECT_EQ(o.array_stalls, StallCounts{});
}

TEST(Epilogue, WritesTwoResultsAtOnceOrAWordOfThem) {
    std::deque<Case> cases;
    for (const int cols : {16, 2}) {
        Case c{ample_machine(4, cols), Program(1)};
        c.program.program({VectorPass{{}, 0, true}});
        add_product(c.program, c.config, {64, 4, static_cast<std::uint32_t>(cols)});
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    // Inputs take 16 words in the odd cycles from 1 on, weights two beats in cycles 2 and 3 or one in
    // cycle 2.
    EXPECT_EQ(r[0].units[static_cast<std::size_t>(Unit::sram)].busy, 16u + 1 + 32);
    EXPECT_EQ(r[1].units[static_cast<std::size_t>(Unit::sram)].busy, 16u + 1 + 8);
}

TEST(Epilogue, WritesAResultTheLatencyAfterItCame) {
    std::deque<Case> cases;
    for (const int latency : {4, 9}) {
        Case c{ample_machine(4, 4), Program(1)};
        c.config.vector.latency = latency;
        c.program.program({VectorPass{{}, 0, true}});
        add_product(c.program, c.config, {1, 4, 4});
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    const auto& o = r[0].operations[0];
    // Last sum readable, adder, taken, latency and one cycle of encoding, written.
    EXPECT_EQ(o.end, o.array_last + 1 + 4 + 1 + 1);
    EXPECT_EQ(r[1].operations[0].end, o.end + 5);
}

// One block of four vectors of four results, through ports that take `beats` cycles a vector, as it comes or
// turned on its way to the SRAM (and the residual on its way from there).
Case one_block(bool turned, int beats, bool residual) {
    Case c{ample_machine(4, 4), Program(1)};
    if (turned) c.config.array.dataflow = Dataflow::input_stationary;
    c.config.vector.port_beats = beats;
    c.program.program({VectorPass{{}, 0, true}});
    Product block{4, 4, 4};
    block.output_bits = 16;
    add_product(c.program, c.config, block);
    for (Command& command : c.program.commands())
        if (auto* epilogue = std::get_if<EpilogueCommand>(&command.body)) {
            epilogue->by_column = turned;
            if (!residual) continue;
            epilogue->residual.sram = Program::strip(16 << 20, 32);
            epilogue->residual.bits = 16;
        }
    return c;
}

TEST(Epilogue, WritesATurnedBlockWhenAllOfItHasCome) {
    std::deque<Case> cases;
    for (const int beats : {1, 2, 3})
        for (const bool turned : {false, true}) cases.push_back(one_block(turned, beats, false));
    const auto r = run_all(cases);
    for (std::size_t beats = 1; beats <= 3; ++beats)
        EXPECT_EQ(r[2 * beats - 1].operations[0].end, r[2 * beats - 2].operations[0].end + 4 * beats);
}

// The array asks for room when its weights begin to enter: 4 cycles before the first vector, 12 before its
// result. A block of 16 cycles could not be read in that time, and starts 4 cycles late.
TEST(Epilogue, ReadsABlockOfTheResidualBeforeItsFirstResultIfItIsTurned) {
    std::deque<Case> cases;
    for (const int beats : {2, 3, 4})
        for (const bool turned : {false, true}) cases.push_back(one_block(turned, beats, true));
    const auto r = run_all(cases);
    const auto later = [&](std::size_t i) { return r[i + 1].operations[0].end - r[i].operations[0].end; };
    EXPECT_EQ(later(0), 4u * 2);
    EXPECT_EQ(later(2), 4u * 3);
    EXPECT_EQ(later(4), 4u * 4 + 4);
}

}  // namespace
}  // namespace octet::testing
