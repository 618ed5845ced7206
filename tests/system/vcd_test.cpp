// `--vcd`: the registers of every processing element, read back from the file, against the rules of
// docs/hardware/array.md.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "sim/tensors/tensor_file.h"
#include "tests/support/program.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

// The value of each signal at the end of every cycle.
class Waves {
  public:
    explicit Waves(const std::string& text) {
        std::istringstream in(text);
        std::map<std::string, std::string> names;
        std::string word, scope;
        std::map<std::string, double> now;
        std::size_t cycle = 0;
        while (in >> word) {
            if (word == "$version" || word == "$date" || word == "$timescale" || word == "$comment") {
                while (in >> word && word != "$end") {
                }
            } else if (word == "$scope") {
                in >> word >> word;
                scope += word + '.';
            } else if (word == "$upscope") {
                scope.resize(scope.find_last_of('.', scope.size() - 2) + 1);
            } else if (word == "$var") {
                std::string id, name;
                in >> word >> word >> id >> name;
                names[id] = scope + name;
            } else if (word[0] == '#') {
                const auto next = static_cast<std::size_t>(std::stoull(word.substr(1)) / 1000);
                for (; cycle < next; ++cycle) cycles_.push_back(now);
            } else if (word[0] == '0' || word[0] == '1') {
                now[names.at(word.substr(1))] = word[0] - '0';
            } else if (word[0] == 'r') {
                const double value = std::stod(word.substr(1));
                in >> word;
                now[names.at(word)] = value;
            }
        }
        cycles_.push_back(now);
    }
    std::size_t cycles() const { return cycles_.size(); }
    double at(std::size_t cycle, int row, int column, const char* what) const {
        for (const auto& [name, value] : cycles_.at(cycle))
            if (name.ends_with(fmt::format("pe_{}_{}.{}", row, column, what))) return value;
        throw std::out_of_range("no such signal");
    }

  private:
    std::vector<std::map<std::string, double>> cycles_;
};

// C = A B of small whole numbers on an array of 3 x 2, fp32 sums.
class Vcd : public testing::Test {
  protected:
    static constexpr int m = 4, n = 3, k = 5, rows = 3, cols = 2;
    static double a(int i, int j) { return 1 + i + 10 * j; }
    static double b(int i, int j) { return 2 + i - 3 * j; }

    Words product(const Words& more) const {
        Words words{"op",
                    "gemm",
                    "--accelerator",
                    std::string(OCTET_SOURCE_DIR) + "/configs/accelerators/edge16-posit8.yaml",
                    "--set",
                    "pe.preset=fp32",
                    "--set",
                    fmt::format("array.rows={}", rows),
                    "--set",
                    fmt::format("array.cols={}", cols),
                    "--fidelity",
                    "register"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Words with_values(const Words& more) const {
        std::vector<float> x, y;
        for (int i = 0; i < m; ++i)
            for (int j = 0; j < k; ++j) x.push_back(static_cast<float>(a(i, j)));
        for (int i = 0; i < k; ++i)
            for (int j = 0; j < n; ++j) y.push_back(static_cast<float>(b(i, j)));
        const std::array<std::uint64_t, 2> x_shape{m, k}, y_shape{k, n};
        Words words{"--in", folder.write("a.npy", npy_text(Dtype::f32, x_shape, std::as_bytes(std::span(x)))),
                    folder.write("b.npy", npy_text(Dtype::f32, y_shape, std::as_bytes(std::span(y))))};
        words.insert(words.end(), more.begin(), more.end());
        return product(words);
    }
    Folder folder;
    const std::string file = (folder.path() / "out.vcd").string();
};

TEST_F(Vcd, ShowsEveryOperandAndSumInItsPlaceAndCycle) {
    const json result = document(with_values({"--vcd", file}));
    const Waves waves(read_file(file));
    // Passes in order: column tiles, in each its reduction tiles.
    struct Pass {
        int n, k;
    };
    std::vector<std::pair<Pass, std::size_t>> entered;  // and the cycle of their first vector
    std::size_t vectors = 0;
    for (std::size_t c = 0; c < waves.cycles(); ++c) {
        if (waves.at(c, 0, 0, "input_valid") == 0) continue;
        if (vectors % m == 0)
            entered.push_back({{static_cast<int>(vectors / m / 2), static_cast<int>(vectors / m % 2)}, c});
        ++vectors;
    }
    ASSERT_EQ(vectors, 2u * 2 * m);
    for (const auto& [pass, first] : entered)
        for (int v = 0; v < m; ++v)
            for (int i = 0; i < rows; ++i)
                for (int j = 0; j < cols; ++j) {
                    const std::size_t c = first + static_cast<std::size_t>(v + i + j);
                    const int at_k = pass.k * rows + i, at_n = pass.n * cols + j;
                    const double x = at_k < k ? a(v, at_k) : 0, w = at_k < k && at_n < n ? b(at_k, at_n) : 0;
                    double sum = 0;
                    for (int r = pass.k * rows; r <= std::min(at_k, k - 1); ++r)
                        sum += at_n < n ? a(v, r) * b(r, at_n) : 0;
                    ASSERT_EQ(waves.at(c, i, j, "input_valid"), 1) << c;
                    ASSERT_EQ(waves.at(c, i, j, "input"), x) << c;
                    ASSERT_EQ(waves.at(c, i, j, "weight"), w) << c;
                    ASSERT_EQ(waves.at(c, i, j, "sum"), sum) << c;
                    ASSERT_EQ(waves.at(c, i, j, "sum_valid"), 1) << c;
                }
    EXPECT_LT(waves.cycles(), result.at("cycles").at("total").get<std::size_t>() + 1);
}

TEST_F(Vcd, ShowsSumsThatStayGrowAndLeave) {
    document(with_values({"--set", "array.dataflow=output_stationary", "--vcd", file}));
    const Waves waves(read_file(file));
    std::vector<std::size_t> steps;  // cycles in which one enters, at the top left
    for (std::size_t c = 0; c < waves.cycles(); ++c)
        if (waves.at(c, rows - 1, 0, "input_valid") == 1) steps.push_back(c);
    ASSERT_EQ(steps.size(), 2u * 2 * k);
    for (std::size_t s = 0; s < steps.size(); ++s) {
        const int fold = static_cast<int>(s) / k, step = static_cast<int>(s) % k;  // rows outer
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < cols; ++j) {
                const std::size_t c = steps[s] + static_cast<std::size_t>(rows - 1 - i + j);
                const int at_m = fold / 2 * rows + i, at_n = fold % 2 * cols + j;
                const bool there = at_m < m && at_n < n;
                double sum = 0;
                for (int r = 0; r <= step; ++r) sum += there ? a(at_m, r) * b(r, at_n) : 0;
                ASSERT_EQ(waves.at(c, i, j, "input_valid"), 1) << c;
                ASSERT_EQ(waves.at(c, i, j, "input"), at_m < m ? a(at_m, step) : 0) << c;
                ASSERT_EQ(waves.at(c, i, j, "weight"), at_n < n ? b(step, at_n) : 0) << c;
                ASSERT_EQ(waves.at(c, i, j, "sum"), sum) << c;
                if (step + 1 < k) continue;
                const std::size_t leaves = steps[s] + rows + cols - 2;
                ASSERT_EQ(waves.at(leaves, i, j, "shadow_full"), 1) << c;
                ASSERT_EQ(waves.at(leaves, i, j, "shadow"), sum) << c;
            }
    }
}

TEST_F(Vcd, ChangesNoNumberAndIsTheSameTwice) {
    for (const Words& words : {with_values({}), product({"--shape", "40,7,9"})}) {
        Words traced = words;
        traced.insert(traced.end(), {"--vcd", file});
        const json without = document(words);
        EXPECT_EQ(document(traced), without);
        const std::string text = read_file(file);
        EXPECT_EQ(text.find("$date"), std::string::npos);
        EXPECT_EQ(document(traced), without);
        EXPECT_EQ(read_file(file), text);
        std::vector<std::string> left;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            left.push_back(entry.path().filename());
        EXPECT_THAT(left, testing::Each(testing::AnyOf("out.vcd", "a.npy", "b.npy")));
    }
}

TEST_F(Vcd, IsTakenByAWaveViewer) {
    document(with_values({"--vcd", file}));
    const std::string fst = (folder.path() / "out.fst").string();
    EXPECT_EQ(std::system(fmt::format("{} {} {} > /dev/null 2>&1", VCD2FST, file, fst).c_str()), 0);
    EXPECT_GT(std::filesystem::file_size(fst), 0u);
}

TEST_F(Vcd, NeedsRegistersAndAPlaceForTheFile) {
    Outcome outcome = octet(product({"--shape", "4,4,4", "--vcd", file, "--fidelity", "pass"}));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err, "--vcd needs registers: --fidelity register\n");
    outcome = octet({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--vcd", file});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_FALSE(std::filesystem::exists(file));
    outcome = octet(product({"--shape", "4,4,4", "--vcd", (folder.path() / "none/out.vcd").string()}));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, testing::HasSubstr("none"));
}

}  // namespace
}  // namespace octet::test
