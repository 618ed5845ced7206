#include "sim/run/result.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/sim/run/sample.h"

namespace octet {
namespace {

using test::sample_result;
using Json = nlohmann::ordered_json;

std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& [key, value] : object.items()) names.push_back(key);
    return names;
}

TEST(ResultDocument, HasAllKeysInTheirOrder) {
    using testing::ElementsAre;
    const Json json = to_json(sample_result());
    EXPECT_THAT(keys(json), ElementsAre("schema", "octet", "accelerator", "workload", "phase", "seed",
                                        "cycles", "seconds", "macs", "energy", "area", "costs", "dram_state",
                                        "traffic", "metrics", "operations", "numerics"));
    EXPECT_THAT(keys(json["cycles"]), ElementsAre("total", "ideal", "utilization", "stalls", "units"));
    EXPECT_THAT(keys(json["cycles"]["units"]), ElementsAre("array", "vector", "softmax", "codec", "sram",
                                                           "load", "store", "controller", "dram"));
    EXPECT_THAT(keys(json["cycles"]["units"]["dram"]), ElementsAre("busy", "stall", "idle"));
    EXPECT_THAT(keys(json["energy"]),
                ElementsAre("total_pj", "low_pj", "high_pj", "components", "confidence"));
    EXPECT_THAT(
        keys(json["energy"]["components"]),
        ElementsAre("array", "codec", "vector", "softmax", "buffers", "sram", "dram", "control", "leakage"));
    EXPECT_THAT(keys(json["energy"]["confidence"]),
                ElementsAre("published", "measured", "scaled", "fitted", "assumed"));
    EXPECT_THAT(keys(json["area"]),
                ElementsAre("total_um2", "low_um2", "high_um2", "components", "confidence"));
    EXPECT_THAT(keys(json["area"]["components"]),
                ElementsAre("array", "codec", "vector", "softmax", "buffers", "sram", "dram", "control"));
    EXPECT_THAT(keys(json["traffic"]),
                ElementsAre("dram_read_bytes", "dram_write_bytes", "sram_read_bytes", "sram_write_bytes"));
    EXPECT_THAT(keys(json["metrics"]),
                ElementsAre("tops_per_watt", "edp", "mfu", "hfu", "tokens_per_second", "joules_per_token",
                            "ridge", "intensity", "attainable", "attained"));
    EXPECT_THAT(
        keys(json["operations"][0]),
        ElementsAre("name", "kind", "macs", "start", "end", "cycles", "array_cycles", "array_stalls",
                    "ideal_cycles", "bound_by", "intensity", "attainable", "attained", "stalls", "energy_pj",
                    "components", "activity", "sqnr_db", "max_abs_error", "saturated", "underflowed", "nar"));
    EXPECT_TRUE(json["numerics"].is_null());
    EXPECT_THAT(keys(json["costs"]), ElementsAre("table", "scaling", "energy_lines", "area_lines"));
    EXPECT_THAT(keys(json["costs"]["energy_lines"][0]),
                ElementsAre("group", "component", "action", "count", "price_pj", "energy_pj", "confidence",
                            "uncertainty", "source", "row"));
    EXPECT_THAT(keys(json["costs"]["area_lines"][0]),
                ElementsAre("group", "component", "count", "unit_um2", "area_um2", "unit_leakage_uw",
                            "confidence", "uncertainty", "source", "row"));
    EXPECT_THAT(keys(json["dram_state"]), ElementsAre("active_cycles", "refreshes"));
}

TEST(ResultDocument, SaysWhatTheRunDid) {
    const Json json = to_json(sample_result());
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["cycles"]["total"], 400);
    EXPECT_EQ(json["cycles"]["units"]["array"], Json({{"busy", 120}, {"stall", 30}, {"idle", 250}}));
    EXPECT_EQ(json["cycles"]["stalls"]["dram"], 45);
    EXPECT_EQ(json["cycles"]["stalls"]["array_result"], 60);
    EXPECT_EQ(json["operations"][1]["cycles"], 190);
    EXPECT_EQ(json["traffic"]["dram_read_bytes"], 800);
    EXPECT_EQ(json["accelerator"]["name"], "sixteen");
    EXPECT_EQ(json["phase"]["sequence"], 7);
}

TEST(ResultDocument, CountsAreIntegersAndMeasuresAreNot) {
    const Json json = to_json(sample_result());
    for (const char* pointer :
         {"/cycles/total", "/cycles/ideal", "/macs", "/cycles/units/array/idle", "/operations/0/start",
          "/operations/0/array_cycles", "/traffic/sram_read_bytes", "/seed", "/cycles/stalls/dram"})
        EXPECT_TRUE(json.at(Json::json_pointer(pointer)).is_number_integer()) << pointer;
    for (const char* pointer :
         {"/seconds", "/energy/total_pj", "/area/total_um2", "/metrics/edp", "/cycles/utilization"})
        EXPECT_TRUE(json.at(Json::json_pointer(pointer)).is_number_float()) << pointer;
}

TEST(ResultDocument, ComponentsOfAreaAddUpToItsTotal) {
    const Json json = to_json(sample_result("asplos24-40nm.yaml"));
    double sum = 0;
    for (const auto& part : json["area"]["components"]) sum += part.get<double>();
    EXPECT_NEAR(sum, json["area"]["total_um2"].get<double>(), 1e-6);
}

TEST(ResultDocument, NumbersThatAreNotFiniteAreNull) {
    Result result = sample_result();
    result.energy.total = std::nan("");
    result.tops_per_watt = HUGE_VAL;
    result.mfu.reset();
    const Json json = Json::parse(to_text(result));
    EXPECT_TRUE(json["energy"]["total_pj"].is_null());
    EXPECT_TRUE(json["metrics"]["tops_per_watt"].is_null());
    EXPECT_TRUE(json["metrics"]["mfu"].is_null());
}

TEST(ResultDocument, IsTheSameTextForTheSameResult) {
    EXPECT_EQ(to_text(sample_result()), to_text(sample_result()));
}

}  // namespace
}  // namespace octet
