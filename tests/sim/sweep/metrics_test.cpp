#include "sim/sweep/metrics.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

TEST(SweepMetrics, AreThoseOfAResultInTheUnitsOfTheirNames) {
    const Json result{{"cycles", {{"total", 1000}, {"utilization", 0.5}}},
                      {"seconds", 0.004},
                      {"energy", {{"total_pj", 8e6}}},
                      {"area", {{"total_um2", 2.5e6}}},
                      {"metrics", {{"edp", 32.0}, {"tops_per_watt", nullptr}, {"mfu", 0.4}}},
                      {"traffic", {{"dram_read_bytes", 1 << 20}, {"dram_write_bytes", 1 << 20}}},
                      {"numerics", nullptr}};
    const Json metrics = sweep_metrics(result);
    EXPECT_EQ(metrics.at("cycles"), 1000);
    EXPECT_EQ(metrics.at("latency_ms"), 4);
    EXPECT_EQ(metrics.at("energy_uj"), 8);
    EXPECT_EQ(metrics.at("area_mm2"), 2.5);
    EXPECT_EQ(metrics.at("dram_mib"), 2);
    EXPECT_EQ(metrics.at("power_mw"), 2) << "8 uJ in 4 ms";
    EXPECT_EQ(metrics.at("utilization"), 0.5);
    EXPECT_TRUE(metrics.at("sqnr_db").is_null());
    EXPECT_TRUE(metrics.at("tokens_per_second").is_null());
    for (const auto name : sweep_metric_names()) EXPECT_TRUE(metrics.contains(name)) << name;
    EXPECT_TRUE(is_sweep_metric("energy_uj"));
    EXPECT_FALSE(is_sweep_metric("energy"));
}

}  // namespace
}  // namespace octet
