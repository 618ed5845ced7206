// Cycle counts of two other DRAM simulators on the same streams (docs/validation.md).
#include <gtest/gtest.h>

#include <cmath>

#include "models/memory/dram_stream.h"
#include "sim/config/experiment.h"

namespace octet::testing {
namespace {

// What the counts were taken with: 1 MiB ascending; or 10,000 requests, at random below 2^30 or a row apart.
class Pattern : public DramRequests {
  public:
    enum class Kind : std::uint8_t { sequential_reads, sequential_writes, random, stride };
    Pattern(Kind kind, std::uint64_t stride) : kind_(kind), stride_(stride) {}
    std::size_t read(std::span<DramRequest> room) override {
        const bool sequential = kind_ == Kind::sequential_reads || kind_ == Kind::sequential_writes;
        if (sent_ == (sequential ? 16384 : 10000)) return 0;
        std::uint64_t address = sent_ * (kind_ == Kind::stride ? stride_ : 64);
        if (kind_ == Kind::random) address = splitmix64() % (1U << 30U) / 64 * 64;
        room[0] = {address, kind_ == Kind::sequential_writes, 0};
        ++sent_;
        return 1;
    }

  private:
    std::uint64_t splitmix64() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
        z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
        return z ^ z >> 31U;
    }
    Kind kind_;
    std::uint64_t stride_, sent_ = 0, state_ = 1;
};

using enum Pattern::Kind;

struct Row {
    const char* part;
    const char* mapping;
    Pattern::Kind pattern;
    std::uint64_t published;
    double within;  // that this version keeps; the gate is 5 %
};

const std::string lpddr4 = "/configs/dram/lpddr4-3200.yaml", ddr4 = "/configs/dram/ddr4-2400.yaml",
                  dramsim3 = "/tests/validation/ddr4-2400-dramsim3.yaml";
constexpr const char* a = "row|rank|bank|bankgroup|column";
constexpr const char* b = "row|rank|bank|column|bankgroup";

DramStreamResult run(const std::string& part, const char* mapping, Pattern::Kind pattern) {
    const DramDeviceConfig config =
        load_dram(OCTET_SOURCE_DIR + part, {{"mapping", mapping, "--set mapping"}});
    // The next row of the same bank.
    Pattern requests(pattern, part == lpddr4 ? 16384 : 131072);
    return run_dram_stream(config, requests);
}

TEST(DramValidation, KeepsWithinAFewPerMilleOfDramsim3) {
    const Row rows[] = {
        {lpddr4.c_str(), "row|rank|bankgroup|bank|column", sequential_reads, 286272, 0.003},
        {lpddr4.c_str(), "row|rank|bankgroup|bank|column", sequential_writes, 286926, 0.003},
        {lpddr4.c_str(), "row|rank|bankgroup|bank|column", random, 179653, 0.003},
        {lpddr4.c_str(), "row|rank|bankgroup|bank|column", stride, 1051450, 0.003},
        {dramsim3.c_str(), a, sequential_reads, 83528, 0.003},
        {dramsim3.c_str(), a, sequential_writes, 83663, 0.003},
        {dramsim3.c_str(), a, random, 68925, 0.003},
        {dramsim3.c_str(), a, stride, 587032, 0.003},
        {dramsim3.c_str(), b, sequential_reads, 68880, 0.003},
        {dramsim3.c_str(), b, sequential_writes, 69026, 0.003},
        {dramsim3.c_str(), b, random, 69321, 0.003},
        {dramsim3.c_str(), b, stride, 587032, 0.003},
    };
    for (const Row& row : rows) {
        const double cycles = static_cast<double>(run(row.part, row.mapping, row.pattern).clocks);
        EXPECT_NEAR(cycles / static_cast<double>(row.published), 1, row.within)
            << row.part << " " << row.mapping << ": " << cycles << ", published " << row.published;
    }
}

TEST(DramValidation, KeepsWithinFivePerCentOfRamulator) {
    const Row rows[] = {
        {ddr4.c_str(), a, sequential_reads, 87195, 0.05},
        {ddr4.c_str(), a, random, 68373, 0.02},
        {ddr4.c_str(), a, stride, 576396, 0.003},
    };
    for (const Row& row : rows) {
        const double cycles = static_cast<double>(run(row.part, row.mapping, row.pattern).clocks);
        EXPECT_NEAR(cycles / static_cast<double>(row.published), 1, row.within)
            << row.part << " " << row.mapping << ": " << cycles << ", published " << row.published;
    }
}

TEST(DramValidation, CountsTheCommandsThatDramsim3Counts) {
    struct Commands {
        std::string part;
        const char* mapping;
        Pattern::Kind pattern;
        std::uint64_t hits, activates, refreshes;
    };
    const Commands rows[] = {
        {lpddr4, "row|rank|bankgroup|bank|column", sequential_reads, 32156, 615, 45},
        {lpddr4, "row|rank|bankgroup|bank|column", random, 9987, 10062, 28},
        {lpddr4, "row|rank|bankgroup|bank|column", stride, 9986, 10064, 168},
        {dramsim3, a, sequential_reads, 16243, 141, 8},
        {dramsim3, a, random, 8, 10012, 7},
        {dramsim3, a, stride, 0, 10018, 62},
    };
    for (const Commands& row : rows) {
        const DramCounts counts = run(row.part, row.mapping, row.pattern).counts;
        const auto near = [](std::uint64_t count, std::uint64_t published) {
            return std::abs(static_cast<double>(count) - static_cast<double>(published)) <= 10;
        };
        EXPECT_PRED2(near, counts.row_hits, row.hits) << row.part;
        EXPECT_PRED2(near, counts.activates, row.activates) << row.part;
        EXPECT_EQ(counts.refreshes, row.refreshes) << row.part;
    }
}

// N * tRC, and what refreshes take: the closed form of requests that all need another row of one bank.
TEST(DramValidation, MeetsTheClosedFormOfRowConflicts) {
    const DramStreamResult result = run(lpddr4, "row|rank|bankgroup|bank|column", stride);
    const double closed_form = 10000 * 97 / (1 - 448.0 / 6246);
    EXPECT_NEAR(static_cast<double>(result.clocks) / closed_form, 1, 0.01);
}

}  // namespace
}  // namespace octet::testing
