// octet op: one operation with values from files.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "models/arithmetic/gemm.h"
#include "models/formats/registry.h"
#include "tests/system/matrices.h"

namespace octet::test {
namespace {

using testing::HasSubstr;

const std::string& machine = edge16;

struct Operands {
    std::uint64_t m = 21, n = 19, k = 37;
    std::vector<float> a, b, bias;
};

// As numerics.md has it: chunks of 16 in bf16, bias, one encode.
std::vector<double> product(const Operands& o, bool encode) {
    const FormatInfo& posit = *find_format("posit8_1_ftz");
    const FormatInfo& bf16 = *find_format("bf16");
    const auto stored = [&](std::vector<float> v) {
        for (float& x : v) x = static_cast<float>(posit.decode(posit.encode(double{x}, posit.overflow)));
        return v;
    };
    const auto a = stored(o.a), b = stored(o.b), bias = stored(o.bias);
    std::vector<float> sums(o.m * o.n);
    gemm_stepwise({}, FloatGemm{o.m, o.n, o.k, a.data(), o.k, b.data(), o.n, sums.data(), o.n, true, {}});
    std::vector<double> results;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const double v = bf16.decode(bf16.encode(double{sums[i]} + double{bias[i % o.n]}, bf16.overflow));
        results.push_back(encode ? posit.decode(posit.encode(v, posit.overflow)) : v);
    }
    return results;
}

class OpGemm : public testing::Test {
  protected:
    OpGemm() {
        operands.a = normal(operands.m * operands.k, 1);
        operands.b = normal(operands.k * operands.n, 2);
        operands.bias = normal(operands.n, 3);
        arguments = {"op",
                     "gemm",
                     "--accelerator",
                     machine,
                     "--in",
                     file(folder, "a.npy", {operands.m, operands.k}, operands.a),
                     file(folder, "b.npy", {operands.k, operands.n}, operands.b),
                     file(folder, "bias.npy", {operands.n}, operands.bias)};
    }
    void run(std::vector<std::string> more) {
        more.insert(more.begin(), arguments.begin(), arguments.end());
        const Outcome outcome = octet(more, folder.path());
        ASSERT_EQ(outcome.status, 0) << outcome.err;
    }
    Folder folder;
    Operands operands;
    std::vector<std::string> arguments;
};

TEST_F(OpGemm, WritesTheValuesOfTheMachine) {
    run({"--out", "y.npy"});
    EXPECT_EQ(read(folder.path() / "y.npy"), product(operands, true));
}

TEST_F(OpGemm, WritesValuesBeforeTheEncoderOnRequest) {
    run({"--out", "y.npy", "--output", "accumulator"});
    EXPECT_EQ(read(folder.path() / "y.npy"), product(operands, false));
}

TEST_F(OpGemm, WritesCodesAndTakesThemAgain) {
    run({"--codes", "c.npy", "--out", "y.npy"});
    const auto codes = read(folder.path() / "c.npy"), values = read(folder.path() / "y.npy");
    ASSERT_EQ(codes.size(), values.size());
    const FormatInfo& posit = *find_format("posit8_1_ftz");
    for (std::size_t i = 0; i < codes.size(); ++i)
        EXPECT_EQ(posit.decode(static_cast<Code>(codes[i])), values[i]);
    // x + x of codes that are numbers.
    const Outcome outcome = octet(
        {"op", "add", "--accelerator", machine, "--in", "c.npy", "c.npy", "--out", "z.npy"}, folder.path());
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto sums = read(folder.path() / "z.npy");
    for (std::size_t i = 0; i < codes.size(); ++i)
        EXPECT_EQ(sums[i], posit.decode(posit.encode(2 * values[i], posit.overflow))) << i;
}

TEST_F(OpGemm, CountsTheCodesOfOperandsAndResult) {
    arguments.insert(arguments.end(), {"--histogram", "--json", "--codes", "c.npy"});
    const Outcome outcome = octet(arguments, folder.path());
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto histograms = nlohmann::json::parse(outcome.out)["histograms"];
    ASSERT_EQ(histograms.size(), 4U);
    const auto check = [&](const nlohmann::json& h, const char* name, const std::vector<Code>& codes) {
        EXPECT_EQ(h["tensor"], name);
        std::map<std::string, std::uint64_t> counts;
        for (const Code code : codes) ++counts[fmt::format("0x{:02x}", code)];
        EXPECT_EQ(h["counts"], nlohmann::json(counts)) << name;
    };
    const FormatInfo& posit = *find_format("posit8_1_ftz");
    const auto encoded = [&](const std::vector<float>& values) {
        std::vector<Code> codes;
        for (const float x : values) codes.push_back(posit.encode(double{x}, posit.overflow));
        return codes;
    };
    check(histograms[0], "a", encoded(operands.a));
    check(histograms[1], "b", encoded(operands.b));
    check(histograms[2], "bias", encoded(operands.bias));
    const auto results = read(folder.path() / "c.npy");
    check(histograms[3], "result", {results.begin(), results.end()});
}

TEST_F(OpGemm, WritesGoldenVectorsWithTheCycleOfEachResult) {
    run({"--hex", "golden", "--codes", "c.npy"});
    const auto words = [&](const std::string& name) {
        std::ifstream in(folder.path() / "golden" / name);
        std::string comment, word;
        std::getline(in, comment);
        EXPECT_EQ(comment.rfind("// ", 0), 0U) << name;
        std::vector<double> values;
        while (in >> word) values.push_back(static_cast<double>(std::stoull(word, nullptr, 16)));
        return values;
    };
    EXPECT_EQ(words("result.hex"), read(folder.path() / "c.npy"));
    EXPECT_EQ(words("a.hex").size(), operands.m * operands.k);
    EXPECT_EQ(words("b.hex").size(), operands.k * operands.n);
    EXPECT_EQ(words("bias.hex").size(), operands.n);
    const FormatInfo& posit = *find_format("posit8_1_ftz");
    EXPECT_EQ(words("a.hex")[5], posit.encode(double{operands.a[5]}, posit.overflow));
    const auto cycles = words("cycles.hex");
    ASSERT_EQ(cycles.size(), operands.m * operands.n);
    const nlohmann::json result = [&] {
        auto with_json = arguments;
        with_json.push_back("--json");
        return nlohmann::json::parse(octet(with_json, folder.path()).out);
    }();
    const double end = result["operations"][0]["end"].get<double>();
    for (std::size_t i = 0; i < cycles.size(); ++i) {
        EXPECT_GT(cycles[i], 0) << i;
        EXPECT_LT(cycles[i], end) << i;
        // Rows of a column tile one after another.
        if (i >= operands.n) {
            EXPECT_GT(cycles[i], cycles[i - operands.n]) << i;
        }
    }
    EXPECT_EQ(cycles[0], cycles[15]);
    EXPECT_GT(cycles[16], cycles[15]);
}

TEST_F(OpGemm, WritesGoldenVectorsAroundZeroPointsWithThese) {
    run({"--set", "pe.preset=int8_zp", "--hex", "golden", "--codes", "c.npy", "--out", "y.npy"});
    std::ifstream in(folder.path() / "golden" / "manifest.json");
    const auto tensors = nlohmann::json::parse(in)["tensors"];
    std::ifstream words(folder.path() / "golden" / "a.hex");
    std::string comment, word;
    std::getline(words, comment);
    const auto [low, high] = std::ranges::minmax(operands.a);
    const float scale = (high - low) / 255;
    EXPECT_NEAR(tensors["a"]["scale"].get<double>(), double{scale}, 1e-7);
    const int zero = tensors["a"]["zero"];
    EXPECT_EQ(zero, -128 + std::lround(-low / scale));
    for (const float x : operands.a) {
        words >> word;
        const auto code = static_cast<std::int8_t>(std::stoul(word, nullptr, 16));
        EXPECT_NEAR((code - zero) * double{scale}, double{x}, 0.501 * double{scale});
    }
    const auto codes = read(folder.path() / "c.npy"), values = read(folder.path() / "y.npy");
    for (std::size_t i = 0; i < codes.size(); ++i)
        EXPECT_EQ(values[i], static_cast<float>((static_cast<std::int8_t>(static_cast<int>(codes[i])) -
                                                 tensors["result"]["zero"].get<int>()) *
                                                tensors["result"]["scale"].get<double>()));
}

TEST(Op, TakesAShapeForTimeAlone) {
    const nlohmann::json timed = nlohmann::json::parse(
        octet({"op", "gemm", "--accelerator", machine, "--shape", "21,19,37", "--json"}).out);
    EXPECT_TRUE(timed["numerics"].is_null());
    EXPECT_EQ(timed["macs"], 21 * 19 * 37);
    EXPECT_EQ(timed["operations"].size(), 1U);
    const Folder folder;
    EXPECT_EQ(timed["cycles"], run_product(folder, 21, 19, 37, {})["cycles"]);
}

TEST(Op, ComputesEveryOperationOfTheVectorUnit) {
    const Folder folder;
    const auto x = normal(7 * 20, 5);
    file(folder, "x.npy", {7, 20}, x);
    file(folder, "gamma.npy", {20}, std::vector<float>(20, 2.0F));
    file(folder, "beta.npy", {1, 20}, std::vector<float>(20, 1.0F));
    for (const std::vector<std::string>& op : {std::vector<std::string>{"softmax", "x.npy"},
                                               {"gelu", "x.npy"},
                                               {"layernorm", "x.npy"},
                                               {"layernorm", "x.npy", "gamma.npy", "beta.npy"},
                                               {"rmsnorm", "x.npy", "gamma.npy"},
                                               {"add", "x.npy", "x.npy"}}) {
        std::vector<std::string> arguments{
            "op",    op[0],   "--accelerator", machine, "--set", "pe.preset=fp32",
            "--out", "y.npy", "--json",        "--in"};
        arguments.insert(arguments.end(), op.begin() + 1, op.end());
        const Outcome outcome = octet(arguments, folder.path());
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_LT(nlohmann::json::parse(outcome.out)["numerics"]["max_abs_error"].get<double>(), 2e-6)
            << op[0];
        EXPECT_EQ(read(folder.path() / "y.npy").size(), x.size());
    }
}

TEST(Op, SaysWhatIsWrongWithItsInput) {
    const Folder folder;
    file(folder, "x.npy", {2, 3}, std::vector<float>(6));
    const std::array<std::uint64_t, 2> one{1, 1};
    const std::uint16_t code = 256;
    const std::int32_t number = 1;
    folder.write("codes.npy", npy_text(Dtype::u16, one, std::as_bytes(std::span(&code, 1))));
    folder.write("ints.npy", npy_text(Dtype::i32, one, std::as_bytes(std::span(&number, 1))));
    const auto complaint = [&](std::vector<std::string> arguments, int status) {
        arguments.insert(arguments.begin(), "op");
        arguments.insert(arguments.end(), {"--accelerator", machine});
        const Outcome outcome = octet(arguments, folder.path());
        EXPECT_EQ(outcome.status, status) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_THAT(complaint({"gemm", "--in", "x.npy", "x.npy"}, 1),
                HasSubstr("x.npy: is 2 x 3, expected a matrix of 3 rows"));
    EXPECT_THAT(complaint({"gemm", "--in", "x.npy"}, 2), HasSubstr("--in: gemm takes 2 to 3 files, not 1"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "x.npy"}, 2),
                HasSubstr("--in: gelu takes 1 file, not 2"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--out", "y.npy", "--codes", "y.npy"}, 2),
                HasSubstr("--out and --codes name the same file"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--out", ""}, 2), HasSubstr("an empty text is no path"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--out", "none/y.npy"}, 1),
                HasSubstr("none/y.npy: cannot make this file, there is no folder none"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--out", ".", "--json"}, 1),
                HasSubstr(". is a folder, not a file"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--output", "codes"}, 2),
                HasSubstr("--output: expected storage or accumulator, got 'codes'"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--output", "accumulator"}, 2),
                HasSubstr("--output says what --out holds, and there is no --out"));
    EXPECT_THAT(complaint({"gelu", "--in", "x.npy", "--values", "exact"}, 2), HasSubstr("--values"));
    EXPECT_THAT(complaint({"gelu", "--shape", "3,3", "--seed", "18446744073709551616"}, 2),
                HasSubstr("2^64 - 1"));
    EXPECT_THAT(complaint({"gelu", "--in", "none.npy"}, 1), HasSubstr("none.npy: cannot be read"));
    EXPECT_THAT(complaint({"gelu", "--in", "codes.npy"}, 1),
                HasSubstr("code 0x100; codes of posit8_1_ftz have 8 bits"));
    EXPECT_THAT(complaint({"gelu", "--in", "ints.npy"}, 1), HasSubstr("values of type I32"));
    EXPECT_THAT(complaint({"gelu", "--shape", "3,3", "--out", "y.npy"}, 2),
                HasSubstr("--out, --codes and --hex need --in"));
    EXPECT_THAT(complaint({"gelu", "--shape", "3,3,3"}, 2), HasSubstr("--shape: gelu takes M,N"));
    EXPECT_THAT(complaint({"gelu", "--shape", "3,3", "--histogram"}, 2), HasSubstr("--histogram needs --in"));
    EXPECT_THAT(complaint({"gelu"}, 2), HasSubstr("--in or --shape"));
    EXPECT_THAT(complaint({"gelu", "--shape", "0,3"}, 2), HasSubstr("--shape"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "y.npy"));
}

}  // namespace
}  // namespace octet::test
