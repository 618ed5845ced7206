#include "sim/config/sweep.h"

#include <gtest/gtest.h>

#include "sim/config/yaml.h"

namespace octet {
namespace {

TEST(Sweep, IsReadWithAllFormsOfAxes) {
    const Node root = parse_yaml(
        "kind: sweep\nbase: run.yaml\n"
        "axes: {array.rows: [8, 16], pe.preset: [int8, bf16], sram.capacity_kib: {log: [256, 4096, 5]},"
        " clock_mhz: {range: [100, 400, 100]}, array.cols: {same_as: array.rows}}\n"
        "zip: [[array.rows, vector.lanes]]\nconstraints: [\"area_mm2 < 5\", \"sram.capacity_kib >= 512\"]\n"
        "objectives: [{minimize: latency_ms}, {maximize: sqnr_db}]\nstrategy: {kind: random, points: 10, "
        "seed: 3}\n",
        "folder/sweep.yaml");
    Diagnostics diagnostics;
    const SweepConfig sweep = read_sweep(root, diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    EXPECT_EQ(sweep.base, "folder/run.yaml");
    ASSERT_EQ(sweep.axes.size(), 5U);
    EXPECT_EQ(sweep.axes[1].values[1].text, "bf16");
    EXPECT_EQ(sweep.axes[2].kind, AxisKind::log);
    EXPECT_EQ(sweep.axes[3].spacing, (std::vector<double>{100, 400, 100}));
    EXPECT_EQ(sweep.axes[4].same_as, "array.rows");
    EXPECT_EQ(sweep.zip.at(0).keys.at(1), "vector.lanes");
    EXPECT_EQ(sweep.constraints.at(1).key, "sram.capacity_kib");
    EXPECT_EQ(sweep.constraints.at(1).comparison, Relation::greater_equal);
    EXPECT_EQ(sweep.constraints.at(1).bound, 512);
    EXPECT_TRUE(sweep.objectives.at(1).maximize);
    EXPECT_EQ(sweep.strategy.points, 10U);
}

}  // namespace
}  // namespace octet
