// What the machine as a whole must obey, measured through the program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

using Settings = std::vector<std::string>;

double cycles(std::uint64_t m, std::uint64_t n, std::uint64_t k, const Settings& settings) {
    const Folder folder;
    return run_product(folder, m, n, k, settings).at("cycles").at("total").get<double>();
}

Settings with(Settings settings, const std::string& more) {
    settings.push_back(more);
    return settings;
}

// Memories so ample that only the array is left as a bound.
Settings ample() {
    return {"dram={kind: ideal, bytes_per_cycle: 65536, latency: 1}", "sram.banks=64", "sram.width_bits=1024",
            "sram.capacity_kib=65536", "dma={burst_bytes: 4096, outstanding: 256}"};
}

TEST(DramBandwidth, DoubledHalvesTheCyclesOfAProductThatIsBoundByIt) {
    // One row of inputs: every weight is used once, so bytes are what it costs.
    for (double bandwidth : {0.5, 2.0, 5.5}) {
        const Settings base{"array.rows=32", "array.cols=32", "vector.lanes=32"};
        const auto at = [&](double b) {
            return cycles(
                4, 1024, 1024,
                with(base, fmt::format("dram={{kind: ideal, bytes_per_cycle: {}, latency: 40}}", b)));
        };
        const double ratio = at(bandwidth) / at(2 * bandwidth);
        EXPECT_GE(ratio, 1.9) << bandwidth;
        EXPECT_LE(ratio, 2.0) << bandwidth;
    }
}

TEST(DramBandwidth, DoubledLeavesAProductThatIsBoundByTheArrayAsItIs) {
    const auto at = [](int b) {
        return cycles(512, 768, 768,
                      {fmt::format("dram={{kind: ideal, bytes_per_cycle: {}, latency: 40}}", b)});
    };
    EXPECT_NEAR(at(64) / at(32), 1, 0.01);
}

TEST(VectorLanes, DoubledHalveTheCyclesOfAProductWhoseEpilogueIsBoundByThem) {
    // One reduction tile: every pass streams its results through the lanes.
    const auto at = [](int lanes) {
        return cycles(512, 1024, 16, with(ample(), fmt::format("vector.lanes={}", lanes)));
    };
    for (int lanes : {1, 2, 4}) {
        const double ratio = at(lanes) / at(2 * lanes);
        EXPECT_GE(ratio, 1.9) << lanes;
        EXPECT_LE(ratio, 2.0) << lanes;
    }
}

TEST(VectorLanes, DoubledLeaveAProductThatIsBoundByTheArrayAsItIs) {
    const auto at = [](int lanes) {
        return cycles(512, 256, 1024, with(ample(), fmt::format("vector.lanes={}", lanes)));
    };
    EXPECT_NEAR(at(32) / at(16), 1, 0.01);
}

TEST(SramPorts, DoubledHalveTheCyclesOfAProductThatIsBoundByThem) {
    // One narrow bank: every vector, weight and burst needs several of its cycles.
    const Settings base{"dram={kind: ideal, bytes_per_cycle: 4096, latency: 1}", "sram.banks=1",
                        "sram.width_bits=32"};
    for (int ports : {1, 2}) {
        const auto at = [&](int p, std::uint64_t m, std::uint64_t n, std::uint64_t k) {
            return cycles(m, n, k, with(base, fmt::format("sram.ports={}", p)));
        };
        using Shape = std::array<std::uint64_t, 3>;
        for (const auto& [m, n, k] : {Shape{512, 512, 16}, Shape{16, 512, 512}}) {
            const double ratio = at(ports, m, n, k) / at(2 * ports, m, n, k);
            EXPECT_GE(ratio, 1.9) << ports << " ports, " << m;
            EXPECT_LE(ratio, 2.0) << ports << " ports, " << m;
        }
    }
}

TEST(SramPorts, DoubledLeaveAProductThatIsBoundByTheArrayAsItIs) {
    const auto at = [](int ports) { return cycles(512, 768, 768, {fmt::format("sram.ports={}", ports)}); };
    EXPECT_NEAR(at(2) / at(1), 1, 0.01);
}

// R + sum over all passes but the last of max(M, R), + M + R*L + C - 2; without overlap every pass on its
// own.
std::uint64_t closed_form(std::uint64_t m, std::uint64_t n, std::uint64_t k, std::uint64_t rows,
                          std::uint64_t cols, std::uint64_t latency, bool overlap) {
    const std::uint64_t passes = ((k + rows - 1) / rows) * ((n + cols - 1) / cols);
    if (!overlap) return passes * (rows + rows * latency + cols + m - 2);
    return rows + (passes - 1) * std::max(m, rows) + m + rows * latency + cols - 2;
}

std::uint64_t array_cycles(std::uint64_t m, std::uint64_t n, std::uint64_t k, std::uint64_t rows,
                           std::uint64_t cols, std::uint64_t latency, bool overlap) {
    const Folder folder;
    const Settings settings{"dram={kind: ideal, bytes_per_cycle: 65536, latency: 1}",
                            fmt::format("array.rows={}", rows),
                            fmt::format("array.cols={}", cols),
                            fmt::format("vector.lanes={}", cols),
                            fmt::format("array.pe_latency={}", latency),
                            fmt::format("array.overlap_passes={}", overlap)};
    return run_product(folder, m, n, k, settings)
        .at("operations")
        .at(0)
        .at("array_cycles")
        .get<std::uint64_t>();
}

// Where no transfer delays another the form holds to the cycle: nearly always. Results that are narrower than
// a word of the SRAM can hold up a fill for a few cycles.
TEST(ArrayCycles, EqualTheClosedFormOfBothModesOnRandomShapes) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::uint64_t low, std::uint64_t high) {
        return low + random() % (high - low + 1);
    };
    int exact = 0;
    constexpr int rounds = 40;
    for (int round = 0; round < rounds; ++round) {
        const std::uint64_t side = std::uint64_t{4} << pick(0, 3), latency = pick(1, 2);
        const std::uint64_t m = pick(1, 300), n = pick(2 * side, 6 * side), k = pick(1, 200);
        for (bool overlap : {true, false}) {
            const auto what = fmt::format("round {}: {} x {} x {}, side {}, L {}, overlap {}", round, m, n, k,
                                          side, latency, overlap);
            const auto seen = array_cycles(m, n, k, side, side, latency, overlap);
            const auto form = closed_form(m, n, k, side, side, latency, overlap);
            EXPECT_GE(seen, form) << what;
            EXPECT_LE(static_cast<double>(seen), 1.06 * static_cast<double>(form)) << what;
            exact += seen == form;
        }
    }
    EXPECT_GE(exact, 2 * rounds * 3 / 4);
}

// On arrays that are not square, tensors lie row by row, and transfers get into one another's way now and
// then.
TEST(ArrayCycles, AreNeverLessAndLittleMoreThanTheClosedFormOnArraysOfAnyShape) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::uint64_t low, std::uint64_t high) {
        return low + random() % (high - low + 1);
    };
    for (int round = 0; round < 20; ++round) {
        const std::uint64_t rows = pick(2, 40), cols = pick(2, 40), latency = pick(1, 2);
        const std::uint64_t m = pick(40, 300), n = pick(100, 200), k = pick(100, 200);
        const auto seen = array_cycles(m, n, k, rows, cols, latency, true);
        const auto expected = closed_form(m, n, k, rows, cols, latency, true);
        const auto what =
            fmt::format("round {}: {} x {} x {} on {} x {}, L {}", round, m, n, k, rows, cols, latency);
        EXPECT_GE(seen, expected) << what;
        EXPECT_LE(static_cast<double>(seen), 1.1 * static_cast<double>(expected)) << what;
    }
}

TEST(Roofline, IsNeverBeatenAndIsApproachedWhenTheOtherResourcesAreAmple) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto pick = [&](std::initializer_list<int> values) {
        return *(values.begin() + random() % values.size());
    };
    for (int round = 0; round < 40; ++round) {
        const auto m = static_cast<std::uint64_t>(pick({1, 7, 64, 200, 513}));
        const auto n = static_cast<std::uint64_t>(pick({5, 64, 130, 384})),
                   k = static_cast<std::uint64_t>(pick({3, 64, 200, 512}));
        const Settings settings{
            fmt::format("array.rows={}", pick({4, 8, 16, 32})),
            fmt::format("array.cols={}", pick({4, 8, 16, 32})),
            fmt::format("vector.lanes={}", pick({2, 8, 32})),
            fmt::format("sram.banks={}", pick({1, 4, 16})),
            fmt::format("sram.width_bits={}", pick({32, 128})),
            fmt::format("sram.capacity_kib={}", pick({64, 512})),
            fmt::format("dram={{kind: ideal, bytes_per_cycle: {}, latency: 30}}", pick({1, 8, 64})),
            fmt::format("pe.preset={}", std::vector<std::string>{"posit8_1", "int8", "bf16"}[random() % 3])};
        const Folder folder;
        const auto result = run_product(folder, m, n, k, settings);
        const auto& c = result.at("cycles");
        EXPECT_GE(c.at("total").get<std::uint64_t>(), c.at("ideal").get<std::uint64_t>()) << round;
        for (const auto& [unit, state] : c.at("units").items())
            EXPECT_EQ(state.at("busy").get<std::uint64_t>() + state.at("stall").get<std::uint64_t>() +
                          state.at("idle").get<std::uint64_t>(),
                      c.at("total").get<std::uint64_t>())
                << unit;
    }
    const Folder folder;
    const auto result = run_product(folder, 512, 1024, 1024, ample());
    EXPECT_LT(result.at("cycles").at("total").get<double>(),
              1.01 * result.at("cycles").at("ideal").get<double>());
}

}  // namespace
}  // namespace octet::test
