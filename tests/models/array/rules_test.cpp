#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

constexpr std::uint32_t rows = 4, cols = 4;

// One pass of `m` vectors. Dispatched: input fill 0, weight fill 1, epilogue 2, matmul 3.
Case one_pass(std::uint32_t m, int sram_latency = 2, int codec_latency = 1) {
    Case c{ample_machine(rows, cols), Program(1)};
    c.config.sram.latency = sram_latency;
    c.config.codec.latency = codec_latency;
    c.program.program({VectorPass{}});
    add_product(c.program, c.config, {m, rows, cols});
    return c;
}

TEST(Pass, StartsItsWeightsWhenTheTileIsInTheBufferAndDecoded) {
    std::deque<Case> cases;
    cases.push_back(one_pass(1));
    cases.push_back(one_pass(1, 3));
    cases.push_back(one_pass(1, 2, 0));
    const auto r = run_all(cases);
    // Four rows are a word: granted in cycle 2, there in 4, two rows complete in 5, two in 6, decoded in 7.
    EXPECT_EQ(r[0].operations[0].array_first, 7u);
    EXPECT_EQ(r[1].operations[0].array_first, 8u);
    EXPECT_EQ(r[2].operations[0].array_first, 6u);
}

TEST(Pass, IssuesItsFirstVectorWhenTheSlabIsInTheBufferAndDecoded) {
    std::deque<Case> cases;
    // Vectors granted from cycle 1 on, two a cycle; the slab is complete in m / 2 + 3 and decoded in m / 2
    // + 4. The weights allow cycle 11.
    for (const std::uint32_t m : {14U, 15U}) cases.push_back(one_pass(m));
    const auto r = run_all(cases);
    EXPECT_EQ(r[0].operations[0].array_first + rows, 11u);
    EXPECT_EQ(r[1].operations[0].array_first + rows, 12u);
    const auto& array = r[1].units[static_cast<std::size_t>(Unit::array)];
    EXPECT_EQ(array.stalls[static_cast<std::size_t>(StallCause::waiting_for_input)], 4u);
}

TEST(Pass, NeedsTransposedTilesRCyclesLater) {
    std::deque<Case> cases;
    for (const bool transposed : {false, true}) {
        Case c = one_pass(1);
        std::get<FillCommand>(c.program.commands()[1].body).transposed = transposed;
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(r[1].operations[0].array_first, r[0].operations[0].array_first + rows);
    EXPECT_EQ(r[0].operations[0].activity[Action::transpose], 0u);
    EXPECT_EQ(r[1].operations[0].activity[Action::transpose], rows * cols);
}

// Pieces that each hold four vectors of both slabs, one piece after another: slab 0 lacks its part of the
// last one.
TEST(Pass, NeedsASlabThatLiesAcrossPiecesWhenItsPartOfTheLastOneIsThere) {
    std::deque<Case> cases;
    for (const std::uint32_t pieces : {3U, 4U}) {
        Case c{ample_machine(rows, cols), Program(1)};
        c.program.program({VectorPass{}});
        add_product(c.program, c.config, {4 * pieces, 2 * rows, cols});
        auto& fill = std::get<FillCommand>(c.program.commands()[0].body);
        fill.sram = {0, pieces, 32, 32, 64, 0};
        fill.slabs = fill.slabs_per_piece = 2;
        fill.vectors = fill.vectors_last = 4;
        fill.across = true;
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    // Two vectors a cycle from the grant in cycle 1 on, in the buffer 3 cycles later, decoded one later: four
    // cycles a piece, and two for the slab's part of the last one.
    EXPECT_EQ(r[0].operations[0].array_first + rows, 1u + 2 * 4 + 1 + 3 + 1);
    EXPECT_EQ(r[1].operations[0].array_first + rows, 1u + 3 * 4 + 1 + 3 + 1);
}

TEST(Pass, WaitsForTheAcceptanceOfItsEpilogue) {
    std::deque<Case> cases;
    for (const std::uint32_t bytes : {0U, 4096U}) {
        Case c{ample_machine(rows, cols), Program(2)};
        c.program.program({VectorPass{}});
        if (bytes > 0) c.program.load(0, 0, bytes, {}, 1);
        add_product(c.program, c.config, {1, rows, cols});
        if (bytes > 0) c.program.commands()[3].needs = Program::after(Engine::load, 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(r[1].operations[0].array_last, r[1].operations[1].end + 1 + rows + cols - 2)
        << "the first vector, not before";
    EXPECT_EQ(r[1].operations[0].array_first, r[0].operations[0].array_first + 1)
        << "weights do not wait; the command is dispatched a cycle later";
    const auto& array = r[1].units[static_cast<std::size_t>(Unit::array)];
    EXPECT_GT(array.stalls[static_cast<std::size_t>(StallCause::vector_unit)], 40u);
}

// The first tile's results hold the array while the unit is slow: two beats a vector.
Case slow_results(std::uint32_t m, int drain_depth, std::uint32_t k_tiles = 1, std::uint32_t n_tiles = 1) {
    Case c{ample_machine(rows, cols), Program(1)};
    c.config.vector.port_beats = 2;
    c.config.vector.drain_depth = drain_depth;
    c.program.program({VectorPass{{}, 0, true}});
    Product g{m, k_tiles * rows, n_tiles * cols};
    g.output_bits = 16;
    add_product(c.program, c.config, g);
    return c;
}

TEST(Drain, HoldsTheArrayByTheFormula) {
    std::deque<Case> cases;
    const std::vector<std::pair<std::uint32_t, int>> shapes{
        {100, 40}, {80, 40}, {81, 40}, {20, 1}, {100, 1000}};
    for (const auto& [m, depth] : shapes) cases.push_back(slow_results(m, depth));
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const std::int64_t m = shapes[i].first, depth = shapes[i].second;
        const auto hold = static_cast<Cycle>(std::max<std::int64_t>(0, 2 * (m - depth) - m));
        const auto& o = r[i].operations[0];
        // The last vector is held one cycle after its sum could be read.
        const Cycle read_before = hold > 0 ? 1 : 0;
        EXPECT_EQ(o.array_last - o.array_first,
                  rows + static_cast<Cycle>(m) + rows + cols - 2 + hold - read_before)
            << i;
        EXPECT_EQ(r[i].units[0].stalls[static_cast<std::size_t>(StallCause::write_port)], hold) << i;
    }
}

TEST(Drain, HoldsEveryColumnTileByTheSameWhenTheUnitCatchesUpBetweenThem) {
    std::deque<Case> cases;
    cases.push_back(slow_results(100, 40, 3, 4));
    cases.push_back(slow_results(100, 1000, 3, 4));
    const auto r = run_all(cases);
    const auto length = [](const OperationReport& o) { return o.array_last - o.array_first; };
    EXPECT_EQ(length(r[0].operations[0]), length(r[1].operations[0]) + 4 * 20 - 1);
    EXPECT_EQ(r[0].units[0].stalls[static_cast<std::size_t>(StallCause::write_port)], 4 * 20U);
}

TEST(Drain, RunsAtThePaceOfTheUnitWhenEveryPassIsALastOne) {
    std::deque<Case> cases;
    cases.push_back(slow_results(100, 8, 1, 10));
    const auto r = run_all(cases);
    const auto& o = r[0].operations[0];
    EXPECT_NEAR(static_cast<double>(o.array_last - o.array_first), 10 * 200, 40);
}

TEST(Array, CountsEveryActionOfAnOddProduct) {
    // 5 x 6 by 6 x 7 on 4 x 4: two k tiles (4 and 2 rows), two n tiles (4 and 3 columns).
    Case c{ample_machine(rows, cols), Program(1)};
    c.program.program({VectorPass{}});
    add_product(c.program, c.config, {5, 6, 7});
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    const auto r = run_all(cases)[0];
    const Activity& a = r.operations[0].activity;
    EXPECT_EQ(a[Action::mac], 5u * 6 * 7);
    EXPECT_EQ(a[Action::pe_pass], 5u * (4 * 16) - 210);
    EXPECT_EQ(a[Action::weight_load], 42u);
    EXPECT_EQ(a[Action::weight_pass], 7u * (6 + 1));
    EXPECT_EQ(a[Action::accumulate], 5u * 7);
    EXPECT_EQ(a[Action::accumulation_buffer_read_bits], 5u * 7 * 16);
    EXPECT_EQ(a[Action::accumulation_buffer_write_bits], 5u * 7 * 16);
    EXPECT_EQ(a[Action::input_buffer_read_bits], 5u * 6 * 2 * 8);
    EXPECT_EQ(a[Action::weight_buffer_read_bits], 42u * 8);
    EXPECT_EQ(a[Action::decode], 5u * 6 * 2 + 42);
    EXPECT_EQ(a[Action::encode], 5u * 7);
    EXPECT_EQ(a[Action::sram_write_bits], 5u * 7 * 8);
    EXPECT_EQ(a[Action::command], 4u);
}

TEST(Array, CountsPartsOfFixedPointMacsAndANormalisationForEverySumThatLeaves) {
    Case c{ample_machine(rows, cols), Program(1)};
    c.config.pe.accumulator = "fixed";
    c.program.program({VectorPass{}});
    add_product(c.program, c.config, {5, 6, 7});
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    const auto r = run_all(cases)[0];
    const Activity& a = r.operations[0].activity;
    EXPECT_EQ(a[Action::mac], 0u);
    EXPECT_EQ(a[Action::multiply], 5u * 6 * 7);
    EXPECT_EQ(a[Action::align_add], 5u * 6 * 7);
    EXPECT_EQ(a[Action::normalise], 5u * 7 * 2) << "of each result two k tiles leave";
}

TEST(Codec, CountsInputsPerMultiplyWhenDecodersSitInThePes) {
    std::deque<Case> cases;
    for (const auto placement : {CodecPlacement::per_pe, CodecPlacement::sram_port}) {
        Case c{ample_machine(rows, cols), Program(1)};
        c.config.codec.placement = placement;
        c.program.program({VectorPass{}});
        add_product(c.program, c.config, {5, 6, 7});
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(r[0].operations[0].activity[Action::decode], 5u * 6 * 7 + 42);
    // The test's fills move whole slabs and tiles: 2 * 5 * 4 and 4 * 16 values of ten bits once decoded.
    EXPECT_EQ(r[1].operations[0].activity[Action::decode], 40u + 64);
    EXPECT_EQ(r[1].operations[0].activity[Action::input_buffer_write_bits], 40u * 10);
    EXPECT_EQ(r[1].operations[0].activity[Action::input_buffer_read_bits], 5u * 6 * 2 * 10);
}

}  // namespace
}  // namespace octet::testing
