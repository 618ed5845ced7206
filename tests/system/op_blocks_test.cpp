// MX formats as a user sees them: scales of blocks beside the codes, and a step of training.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/system/matrices.h"
#include "tests/system/plain_gemm.h"

namespace octet::test {
namespace {

using testing::HasSubstr;

// C = A B + bias on the shipped machine of 16 rows.
struct Product {
    std::size_t m = 21, n = 43, k = 70;
    std::vector<float> a = normal(m * k, 1), b = normal(k * n, 2), bias = normal(n, 3);

    std::vector<float> results(const char* preset) const {
        PlainGemm gemm{*find_preset(preset), {}, m, n, k, a, b, bias};
        gemm.rules.accumulator = gemm.rules.buffer = Accumulator::fp32;
        return gemm.results();
    }
};

class OpBlocks : public testing::TestWithParam<const char*> {
  protected:
    void run(std::vector<std::string> arguments, const std::string& preset) {
        arguments.insert(arguments.begin(), "op");
        arguments.insert(arguments.end(), {"--accelerator", edge16, "--set", "pe.preset=" + preset});
        const Outcome outcome = octet(arguments, folder.path());
        ASSERT_EQ(outcome.status, 0) << outcome.err;
    }
    void run_product(std::vector<std::string> more, const std::string& preset) {
        const std::vector<std::string> gemm{"gemm", "--in", file(folder, "a.npy", {p.m, p.k}, p.a),
                                            file(folder, "b.npy", {p.k, p.n}, p.b),
                                            file(folder, "bias.npy", {p.n}, p.bias)};
        more.insert(more.begin(), gemm.begin(), gemm.end());
        run(more, preset);
    }
    Product p;
    Folder folder;
};

TEST_P(OpBlocks, AProductIsEncodedInBlocksOfTheRowsThatItsFilesHold) {
    const FormatInfo& format = *find_format(GetParam());
    run_product({"--out", "y.npy", "--codes", "c.npy"}, GetParam());
    const InBlocks wanted = in_blocks(format, p.results(GetParam()), p.m, p.n, false);
    EXPECT_EQ(read(folder.path() / "y.npy"), wanted.numbers);
    const auto codes = read(folder.path() / "c.npy"), scales = read(folder.path() / "c.scales.npy");
    ASSERT_EQ(scales.size(), p.m * 2);
    for (std::size_t i = 0; i < codes.size(); ++i)
        ASSERT_EQ(format.decode_element(static_cast<Code>(codes[i]),
                                        static_cast<std::uint8_t>(scales[i / p.n * 2 + i % p.n / 32])),
                  wanted.numbers[i])
            << i;
}

TEST_P(OpBlocks, ResultsBeforeTheEncoderAreThoseOfTheVectorUnit) {
    run_product({"--out", "y.npy", "--output", "accumulator"}, GetParam());
    const std::vector<float> wanted = p.results(GetParam());
    EXPECT_EQ(read(folder.path() / "y.npy"), std::vector<double>(wanted.begin(), wanted.end()));
}
INSTANTIATE_TEST_SUITE_P(Mx, OpBlocks,
                         testing::Values("mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp4_e2m1",
                                         "mxint8"),
                         [](const auto& test) { return std::string(test.param); });

using OpBlockFiles = OpBlocks;

std::vector<double> words(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::string comment, word;
    std::getline(in, comment);
    EXPECT_EQ(comment.rfind("// ", 0), 0U) << path;
    std::vector<double> values;
    while (in >> word) values.push_back(static_cast<double>(std::stoull(word, nullptr, 16)));
    return values;
}

TEST_P(OpBlockFiles, GoldenVectorsHoldTheScalesOfEveryOperand) {
    const FormatInfo& format = *find_format(GetParam());
    run_product({"--hex", "golden", "--codes", "c.npy"}, GetParam());
    const auto golden = folder.path() / "golden";
    EXPECT_EQ(words(golden / "result.hex"), read(folder.path() / "c.npy"));
    EXPECT_EQ(words(golden / "result.scales.hex"), read(folder.path() / "c.scales.npy"));
    const InBlocks b = in_blocks(format, p.b, p.k, p.n, true);
    const auto scales = words(golden / "b.scales.hex");
    ASSERT_EQ(scales.size(), 3 * p.n);
    for (std::size_t i = 0; i < scales.size(); ++i)
        EXPECT_EQ(scales[i], b.scales[i / p.n * 32 * p.n + i % p.n]);
    EXPECT_EQ(words(golden / "a.scales.hex").size(), p.m * 3);
    EXPECT_EQ(words(golden / "bias.scales.hex").size(), 2U);
    const auto manifest = nlohmann::json::parse(std::ifstream(golden / "manifest.json"));
    EXPECT_EQ(manifest["tensors"]["b"]["block"],
              (nlohmann::json{{"length", 32}, {"along", "rows"}, {"rows", 3}, {"cols", p.n}}));
    EXPECT_EQ(manifest["tensors"]["result"]["block"]["along"], "columns");
}

TEST_P(OpBlockFiles, CodesWithScalesThatNoEncoderWouldChooseAreTakenAsTheyAre) {
    const FormatInfo& format = *find_format(GetParam());
    // Every code but NaNs, at scales far from those that its numbers would get.
    std::vector<std::uint8_t> codes, scales{130, 120};
    std::vector<double> numbers;
    for (Code code = 0; codes.size() < 60; code = (code + 7) % (1U << format.bits)) {
        if (!std::isfinite(format.decode(code))) continue;
        numbers.push_back(format.decode_element(code, scales[codes.size() / 32]));
        codes.push_back(static_cast<std::uint8_t>(code));
    }
    const std::array<std::uint64_t, 2> shape{1, 60}, scale_shape{1, 2};
    folder.write("x.npy", npy_text(Dtype::u8, shape, std::as_bytes(std::span(codes))));
    folder.write("x.scales.npy", npy_text(Dtype::u8, scale_shape, std::as_bytes(std::span(scales))));
    run({"add", "--in", "x.npy", "x.npy", "--out", "y.npy", "--output", "accumulator", "--hex", "golden"},
        GetParam());
    const auto sums = read(folder.path() / "y.npy");
    ASSERT_EQ(sums.size(), numbers.size());
    for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(sums[i], 2 * numbers[i]) << i;
    EXPECT_EQ(words(folder.path() / "golden" / "x.hex"), std::vector<double>(codes.begin(), codes.end()));
    EXPECT_EQ(words(folder.path() / "golden" / "x.scales.hex"),
              std::vector<double>(scales.begin(), scales.end()));
}
INSTANTIATE_TEST_SUITE_P(Mx, OpBlockFiles, testing::Values("mxfp8_e4m3", "mxfp4_e2m1", "mxint8"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(OpBlocks, CodesNeedTheirScales) {
    const std::array<std::uint64_t, 2> shape{2, 40}, wrong{2, 1};
    const std::vector<std::uint8_t> codes(80), scales(2);
    folder.write("x.npy", npy_text(Dtype::u8, shape, std::as_bytes(std::span(codes))));
    const auto complaint = [&] {
        const Outcome outcome = octet({"op", "gelu", "--accelerator", edge16, "--set", "pe.preset=mxfp8_e4m3",
                                       "--in", "x.npy", "--out", "y.npy"},
                                      folder.path());
        EXPECT_EQ(outcome.status, 1) << outcome.err;
        EXPECT_FALSE(std::filesystem::exists(folder.path() / "y.npy"));
        return outcome.err;
    };
    EXPECT_THAT(complaint(), HasSubstr("x.scales.npy: cannot be read"));
    folder.write("x.scales.npy", npy_text(Dtype::u8, wrong, std::as_bytes(std::span(scales))));
    EXPECT_THAT(complaint(),
                HasSubstr("x.scales.npy: is 2 x 1 of type U8, expected 2 x 2 scale codes of type U8"));
}

// Small values in E4M3 lose what a block's scale keeps: its blocks are those of every product, or they kept
// nothing.
TEST(BlockTraining, KeepsMoreOfSmallGradientsThanOneScaleDoes) {
    const auto step = [](const std::string& preset, const std::string& values) {
        return document({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                         "workload=workloads/tiny.yaml", "--set", "pe.preset=" + preset, "--set",
                         "phase={kind: train, batch: 2, sequence: 64, optimizer: sgd}", "--values", values});
    };
    const auto gradients = [](const nlohmann::json& run) {
        double sum = 0;
        for (const auto& operation : run["operations"])
            if (operation["name"].get<std::string>().ends_with(".wgrad"))
                sum += operation["sqnr_db"].get<double>();
        return sum;
    };
    const auto blocks = step("mxint8", "exact"), plain = step("int8", "exact");
    EXPECT_EQ(blocks["macs"], plain["macs"]);
    EXPECT_GT(gradients(blocks), gradients(plain));
    EXPECT_EQ(step("mxint8", "none")["cycles"]["total"], blocks["cycles"]["total"]);
    EXPECT_GT(blocks["memory"]["weight_copies"].get<double>(),
              2 * plain["memory"]["weight_copies"].get<double>())
        << "two copies, and their scales";
}

TEST(BlockTraining, LeavesATraceAsItIsWhichSaysWhereItsBlocksDoNotFit) {
    const Folder folder;
    const std::string trace =
        octet({"workload", "expand", "workloads/tiny.yaml", "--phase", "train", "--sequence", "16"}).out;
    folder.write("t.yaml", trace);
    const Outcome outcome =
        octet({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set", "pe.preset=mxint8",
               "--set", "workload=" + (folder.path() / "t.yaml").string()});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("t.yaml"));
    EXPECT_THAT(outcome.err, HasSubstr("put a copy between them"));
}

}  // namespace
}  // namespace octet::test
