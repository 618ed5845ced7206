// The choice of tiles.
#include "sim/lower/plan.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

// Scores of an attention: 128 x 32 times 32 x 128 on 16 x 16, from SRAM, in 16 bits.
GemmPlan scores(RowTiles row_tiles, std::uint64_t rows = 128, std::uint64_t sram = 1 << 20) {
    AcceleratorConfig config;
    config.array.rows = config.array.cols = config.vector.lanes = 16;
    config.vector.port_beats = 2;
    config.vector.drain_depth = 40;
    config.row_tiles = row_tiles;
    config.dram = IdealDramConfig{};
    GemmRequest r;
    r.m = rows;
    r.n = 128;
    r.k = 32;
    r.a_resident = r.b_resident = true;
    r.wide_output = true;
    r.b_one_column = true;
    r.a_row_bytes = 32;
    r.b_column_bytes = 32 * 16;
    r.out_row_bytes = 32;
    r.sram_budget = sram;
    return plan_gemm(r, MachineShape(config));
}

TEST(RowTiles, AreShortWhereThatHidesResultsOfTwoBeats) {
    const GemmPlan plan = scores(RowTiles::best);
    EXPECT_LT(plan.m_tile, 128U);
    EXPECT_LT(plan.array, scores(RowTiles::largest).array);
}

TEST(RowTiles, AreAsLargeAsTheBuffersHoldIfAskedFor) {
    EXPECT_EQ(scores(RowTiles::largest).m_tile, 128U);
    EXPECT_EQ(scores(RowTiles::largest, 1024).m_tile, 1024U);
    EXPECT_EQ(scores(RowTiles::largest, 1025).m_tile, 1024U);
}

TEST(RowTiles, AreTheLargestForWhichSramHasRoom) {
    // An area for results of 128 rows takes 128 * 32 + 64 bytes, two at least beside each other.
    const std::uint64_t area = 128 * 32 + 64;
    EXPECT_EQ(scores(RowTiles::largest, 128, area).m_tile, 128U);
    const GemmPlan plan = scores(RowTiles::largest, 128, area - 1);
    ASSERT_TRUE(plan.feasible);
    EXPECT_EQ(plan.m_tile, 64U);
}

}  // namespace
}  // namespace octet
