// BERT-base on the twelve edge machines, at every sequence and batch of the acceptance list.
//
// A combination that takes the simulator more than about a second is left to scripts/acceptance, which runs
// all of them and prints a table (OCTET_ACCEPTANCE=full).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/system/books.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

struct Point {
    int size;
    std::string preset;
    std::uint64_t sequence, batch;
};

void PrintTo(const Point& p, std::ostream* out) {
    *out << fmt::format("edge{}-{}, sequence {}, batch {}", p.size, p.preset, p.sequence, p.batch);
}

constexpr std::uint64_t layers = 12, hidden = 768, ffn = 3072;

// Four projections, scores and context, and the two layers of the feed-forward network.
std::uint64_t macs_of(const Point& p) {
    const std::uint64_t s = p.sequence;
    return layers * p.batch * (4 * s * hidden * hidden + 2 * s * s * hidden + 2 * s * hidden * ffn);
}

// Matrices, biases and norms of the encoder; every one is read at least once. The embedding is a look-up and
// the pooler does not run.
constexpr std::uint64_t weights_used =
    layers * (4 * (hidden * hidden + hidden) + 2 * hidden * ffn + ffn + hidden + 4 * hidden) + 2 * hidden;

// Whether the simulator takes more than a second or two; many times as long where every access is checked.
bool is_slow(const Point& p) {
    const std::uint64_t tokens = p.sequence * p.batch;
#ifdef __SANITIZE_ADDRESS__
    return tokens > 7 || p.size != 16;
#else
    return tokens > (p.preset == "bf16" ? 128 : 384);
#endif
}

std::vector<Point> points() {
    std::vector<Point> list;
    for (int size : {8, 16, 32})
        for (const char* preset : {"posit8", "hybrid-fp8", "int8", "bf16"})
            for (std::uint64_t sequence : {1, 7, 128, 384, 512})
                for (std::uint64_t batch : {1, 4}) list.push_back({size, preset, sequence, batch});
    return list;
}

std::string name_of(const testing::TestParamInfo<Point>& info) {
    std::string preset;
    for (const char c : info.param.preset)
        if (c != '-') preset += c;
    return fmt::format("edge{}_{}_sequence{}_batch{}", info.param.size, preset, info.param.sequence,
                       info.param.batch);
}

class BertBase : public testing::TestWithParam<Point> {};

TEST_P(BertBase, RunsAndItsBooksBalance) {
    const Point p = GetParam();
    const char* wanted = std::getenv("OCTET_ACCEPTANCE");
    const bool full = wanted != nullptr && std::string(wanted) == "full";
    if (is_slow(p) && !full) GTEST_SKIP() << "slow: scripts/acceptance runs it";
    const Outcome run =
        octet({"run", fmt::format("configs/experiments/bert-base-edge{}-{}.yaml", p.size, p.preset), "--json",
               "--set", fmt::format("phase.sequence={}", p.sequence), "--set",
               fmt::format("phase.batch={}", p.batch)},
              OCTET_SOURCE_DIR, full ? 1800 : 110);
    ASSERT_EQ(run.status, 0) << run.err;
    const nlohmann::json result = nlohmann::json::parse(run.out);
    expect_balanced_books(result);

    EXPECT_EQ(result.at("macs"), macs_of(p));
    EXPECT_EQ(result.at("accelerator").at("array").at("rows"), p.size);
    EXPECT_EQ(result.at("accelerator").at("array").at("cols"), p.size);
    EXPECT_EQ(result.at("phase").at("sequence"), p.sequence);
    EXPECT_EQ(result.at("phase").at("batch"), p.batch);
    const std::uint64_t pes = static_cast<std::uint64_t>(p.size * p.size);
    EXPECT_GE(result.at("cycles").at("ideal").get<std::uint64_t>(), (macs_of(p) + pes - 1) / pes);
    const std::uint64_t bytes = p.preset == "bf16" ? 2 : 1;
    const auto read = result.at("traffic").at("dram_read_bytes").get<std::uint64_t>(),
               written = result.at("traffic").at("dram_write_bytes").get<std::uint64_t>();
    // A row of a table for each token, and the last hidden state.
    EXPECT_GE(read, bytes * (weights_used + p.batch * p.sequence * hidden));
    EXPECT_GE(written, bytes * p.batch * p.sequence * hidden);
    if (full)
        fmt::print("| edge{}-{} | {} | {} | {} | {} | {:.1f} % | {:.1f} | {:.1f} |\n", p.size, p.preset,
                   p.sequence, p.batch, result.at("cycles").at("total").get<std::uint64_t>(),
                   result.at("cycles").at("ideal").get<std::uint64_t>(),
                   100 * result.at("cycles").at("utilization").get<double>(),
                   result.at("energy").at("total_pj").get<double>() * 1e-6,
                   static_cast<double>(read + written) / (1 << 20));
}

INSTANTIATE_TEST_SUITE_P(Acceptance, BertBase, testing::ValuesIn(points()), name_of);

}  // namespace
}  // namespace octet::test
