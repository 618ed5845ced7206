// Blocks with a scale at the ports of the vector unit: when results leave, what scales cost.
#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

// A copy of rows x columns values from vector format, encoded in blocks of 32; tile columns of 8, 8 lanes.
struct Work {
    std::uint32_t rows = 10, columns = 64;
    bool along_rows = false;
    bool scaled_input = false;
};

Case encoding(const Work& w) {
    Case c{ample_machine(4, 8), Program(1)};
    c.config.vector.latency = 4;
    c.program.program({VectorPass{{}, 1, true}});
    VectorCommand v;
    v.rows = w.rows;
    v.columns = w.columns;
    v.operands[0].bits = 16;
    v.output.bits = 8;
    v.output.codec = true;
    const auto values = [&](Address base, std::uint32_t bytes_of_value) -> Strips {
        if (!w.along_rows) return Program::strip(base, w.rows * w.columns * bytes_of_value);
        const std::uint32_t tiles = ceil_div(w.columns, 8U), bytes = w.rows * 8 * bytes_of_value;
        return {base, tiles, bytes, w.rows * (w.columns - (tiles - 1) * 8) * bytes_of_value, bytes, 0, 0};
    };
    v.operands[0].sram = values(0, 2);
    v.output.sram = values(4 << 20, 1);
    const auto scales = [&](Address base, bool along_rows) {
        ScalePlane plane;
        plane.grid = {32, along_rows, 0, 0};
        const std::uint32_t blocks = ceil_div(along_rows ? w.rows : w.columns, 32U);
        // A column of blocks together; a row of blocks together.
        const std::uint32_t run = along_rows ? w.columns : w.rows;
        plane.strips = {base, blocks, run, run, run, 0, 0};
        return plane;
    };
    v.output.block_scales = scales(5 << 20, w.along_rows);
    if (w.scaled_input) {
        v.operands[0].bits = 8;
        v.operands[0].codec = true;
        v.operands[0].sram = values(0, 1);
        v.operands[0].block_scales = scales(6 << 20, false);
    }
    c.program.add(Engine::vector, v);
    return c;
}

Cycle cycles(const MachineReport& r) {
    return r.operations[0].end - r.operations[0].start;
}

TEST(BlockEncoder, LetsAResultLeaveWhenTheLastValueOfItsBlockHasCome) {
    std::deque<Case> cases;
    cases.push_back(encoding({10, 64}));
    cases.push_back(encoding({10, 20}));
    cases.push_back(encoding({10, 8}));
    const auto r = run_all(cases);
    // Vectors, latency, encoder, three more vectors of the block; then 2 columns of 10 scales, 8 a cycle.
    EXPECT_EQ(cycles(r[0]), 10u * 8 + 4 + 1 + 3 + 2 * 2);
    EXPECT_EQ(cycles(r[1]), 25u + 4 + 1 + 2 + 2) << "a block of 20 values is three vectors";
    EXPECT_EQ(cycles(r[2]), 10u + 4 + 1 + 0 + 2);
}

TEST(BlockEncoder, GoesDownOneTileColumnAfterAnotherIfBlocksRunAlongTheRows) {
    std::deque<Case> cases;
    cases.push_back(encoding({40, 16, true}));
    cases.push_back(encoding({9, 16, true}));
    cases.push_back(encoding({40, 13, true}));
    const auto r = run_all(cases);
    // Rows of two tile columns, latency, encoder, 31 rows until the first block is there; 2 rows of scales.
    EXPECT_EQ(cycles(r[0]), 2 * 40u + 4 + 1 + 31 + 2 * 2);
    EXPECT_EQ(cycles(r[1]), 2 * 9u + 4 + 1 + 8 + 2) << "a block of nine rows";
    EXPECT_EQ(cycles(r[2]), 2 * 40u + 4 + 1 + 31 + 2 * 2) << "a narrow tile column takes as long";
    EXPECT_EQ(r[2].operations[0].activity[Action::vector_idle], 40u * 3);
}

TEST(BlockEncoder, ReadsTheScalesOfAnOperandBeforeItsValues) {
    std::deque<Case> cases;
    cases.push_back(encoding({10, 64, false, true}));
    const auto r = run_all(cases);
    EXPECT_EQ(cycles(r[0]), 2 * 2 + 10u * 8 + 4 + 2 + 3 + 2 * 2) << "and decodes them";
}

TEST(BlockEncoder, CountsScalesAndTheValuesThatWaitForThem) {
    std::deque<Case> cases;
    cases.push_back(encoding({10, 64, false, true}));
    const Activity a = run_all(cases)[0].operations[0].activity;
    EXPECT_EQ(a[Action::encode], 640u);
    EXPECT_EQ(a[Action::sram_read_bits], 640u * 8 + 20 * 8);
    EXPECT_EQ(a[Action::sram_write_bits], 640u * 8 + 20 * 8);
    EXPECT_EQ(a[Action::vector_scratch_write_bits], 640u * 16 + 2 * 20 * 8);
    EXPECT_EQ(a[Action::vector_scratch_read_bits], 640u * 16 + 2 * 20 * 8);
}

// The same product with and without scales: of slabs, tiles, a residual and results.
Case product(bool scales, std::uint32_t k, int rows) {
    Case c{ample_machine(rows, 32), Program(1)};
    c.config.vector.lanes = 8;
    c.config.vector.drain_depth = 1000;
    c.config.pe.preset = c.config.pe.storage = scales ? "mxfp8_e4m3" : "e4m3";
    c.config.pe.operand = "e4m3";
    c.program.program({VectorPass{{}, 1, true}});
    add_product(c.program, c.config, {20, k, 32});
    const auto plane = [](Address base, std::uint32_t runs, std::uint32_t bytes) {
        ScalePlane s;
        s.grid = {32, false, 0, 0};
        s.strips = {base, runs, bytes, bytes, bytes, 0, 0};
        return s;
    };
    for (Command& command : c.program.commands()) {
        if (auto* fill = std::get_if<FillCommand>(&command.body); fill != nullptr && scales)
            fill->scales = plane(7 << 20, ceil_div(k, 32U), command.engine == Engine::input_fill ? 20 : 32);
        if (auto* epilogue = std::get_if<EpilogueCommand>(&command.body)) {
            epilogue->residual = {Program::strip(9 << 20, 20 * 32), 8, true};
            if (scales) epilogue->residual.block_scales = plane(10 << 20, 1, 20);
            if (scales) epilogue->output.block_scales = plane(11 << 20, 1, 20);
        }
    }
    return c;
}

TEST(BlockScales, OfAProductAreCountedWhereTheyPass) {
    std::deque<Case> cases;
    for (const bool scales : {false, true}) cases.push_back(product(scales, 64, 16));
    cases.push_back(product(true, 100, 64));
    const auto r = run_all(cases);
    const Activity &plain = r[0].operations[0].activity, &scaled = r[1].operations[0].activity;
    const auto more = [&](Action action) { return scaled[action] - plain[action]; };
    EXPECT_EQ(more(Action::input_buffer_write_bits), 2u * 20 * 8) << "two columns of blocks";
    EXPECT_EQ(more(Action::weight_buffer_write_bits), 2u * 32 * 8);
    EXPECT_EQ(more(Action::input_buffer_read_bits), 4u * 20 * 8) << "every pass reads one for each vector";
    EXPECT_EQ(more(Action::weight_buffer_read_bits), 4u * 32 * 8);
    EXPECT_EQ(more(Action::sram_read_bits), 2u * (20 + 32) * 8 + 20 * 8);
    EXPECT_EQ(more(Action::sram_write_bits), 20u * 8);
    EXPECT_EQ(more(Action::accumulate), 0u);
    EXPECT_EQ(more(Action::mac), 0u);
    EXPECT_EQ(plain[Action::scale_sum], 0u);
    EXPECT_EQ(scaled[Action::scale_sum], 4u * 20 * 32) << "every sum that leaves a column of 16 rows";
    // 100 rows on an array of 64: blocks of 32, 32 and 32, 4.
    const Activity& tall = r[2].operations[0].activity;
    EXPECT_EQ(tall[Action::accumulate], 3u * 20 * 32) << "four sums, the first one is stored";
    EXPECT_EQ(tall[Action::scale_sum], 4u * 20 * 32) << "a sum a block";
    EXPECT_EQ(tall[Action::input_buffer_read_bits], 20u * 100 * 8 + 4 * 20 * 8);
}

TEST(BlockScales, OfResultsAreWrittenBehindTheLastOfThem) {
    std::deque<Case> cases;
    for (const bool scales : {false, true}) cases.push_back(product(scales, 16, 16));
    const auto r = run_all(cases);
    const auto behind_the_array = [&](const MachineReport& report) {
        return report.operations[0].end - report.operations[0].array_last;
    };
    // A row of 32 results is written with its last ones, and so is its block; 20 scales are three cycles.
    EXPECT_EQ(behind_the_array(r[1]), behind_the_array(r[0]) + 3);
}

// 20 x 64 x 32 on 16 x 32: four tile rows, one tile column, results of four vectors of 8 lanes.
Case with_lines(bool rows, bool columns) {
    Case c = product(false, 64, 16);
    for (Command& command : c.program.commands())
        if (auto* epilogue = std::get_if<EpilogueCommand>(&command.body)) {
            if (rows) epilogue->line_scales.rows = Program::strip(12 << 20, 20 * 4);
            if (columns) epilogue->line_scales.columns = Program::strip(13 << 20, 32 * 4);
        }
    return c;
}

TEST(LineScales, OfAnEpilogueAreReadWhenItIsAcceptedAndKeptInTheScratch) {
    std::deque<Case> cases;
    for (const bool rows : {false, true})
        for (const bool columns : {false, true}) cases.push_back(with_lines(rows, columns));
    const auto r = run_all(cases);
    const auto more = [&](std::size_t i, Action action) {
        return r[i].operations[0].activity[action] - r[0].operations[0].activity[action];
    };
    EXPECT_EQ(more(1, Action::sram_read_bits), 32u * 32);
    EXPECT_EQ(more(2, Action::sram_read_bits), 20u * 32);
    EXPECT_EQ(more(3, Action::sram_read_bits), (20u + 32) * 32);
    EXPECT_EQ(more(3, Action::vector_scratch_write_bits), (20u + 32) * 32);
    EXPECT_EQ(more(1, Action::vector_scratch_read_bits), 20u * 32 * 32) << "one a value";
    EXPECT_EQ(more(2, Action::vector_scratch_read_bits), 20u * 32) << "one a row and tile column";
    // 80 and 128 bytes, 8 a cycle, while the array still multiplies.
    const auto busy = [&](std::size_t i) { return r[i].units[static_cast<std::size_t>(Unit::vector)].busy; };
    EXPECT_EQ(busy(1), busy(0) + 16);
    EXPECT_EQ(busy(2), busy(0) + 10);
    EXPECT_EQ(busy(3), busy(0) + 26);
    EXPECT_EQ(r[3].total, r[0].total);
}

TEST(LineScales, HoldResultsThatComeBeforeThem) {
    std::deque<Case> cases;
    for (const bool lines : {false, true}) {
        cases.push_back(with_lines(lines, lines));
        cases.back().config.vector.lanes = 1;  // 208 cycles for the scales
    }
    const auto r = run_all(cases);
    EXPECT_GT(r[1].operations[0].end, r[0].operations[0].end);
}

}  // namespace
}  // namespace octet::testing
