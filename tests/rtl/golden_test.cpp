// Golden vectors as a hardware engineer uses them: a Verilog test bench reads them and holds a unit to them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "sim/tensors/tensor_file.h"
#include "tests/support/program.h"

namespace octet::test {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

const std::string sources = std::string(OCTET_SOURCE_DIR) + "/tests/rtl/";

std::string normal_matrix(const std::string& name, std::uint64_t rows, std::uint64_t columns, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> number(0, 1);
    std::vector<float> values(rows * columns);
    for (float& x : values) x = number(random);
    const std::uint64_t shape[] = {rows, columns};
    return scratch_file(name, npy_text(Dtype::f32, shape, std::as_bytes(std::span(values))));
}

class GoldenVectors : public testing::Test {
  protected:
    GoldenVectors() {
        const auto run = run_octet({"op", "gemm", "--accelerator",
                                   std::string(OCTET_SOURCE_DIR) + "/configs/accelerators/edge16-posit8.yaml",
                                   "--in", normal_matrix("a.npy", 20, 33, 1),
                                   normal_matrix("b.npy", 33, 19, 2), "--hex", folder});
        EXPECT_EQ(run.exit, 0) << run.err;
        EXPECT_EQ(std::system(fmt::format("{} -Wall -g2001 -o {}/bench {}gemm_tb.v {}posit_gemm.v", IVERILOG,
                                          scratch_folder(), sources, sources)
                                  .c_str()),
                  0);
    }

    // What the bench prints, with the unit fed from `dut` and held to `golden`.
    static std::string play(const std::string& dut, const std::string& golden) {
        const std::string out = scratch_folder() + "/bench.txt";
        EXPECT_EQ(std::system(fmt::format("{} -n {}/bench +dut={} +golden={} > {}", VVP, scratch_folder(),
                                          dut, golden, out)
                                  .c_str()),
                  0);
        return read_file(out);
    }

    // A copy of the vectors with word `index` of a file replaced.
    std::string changed(const std::string& file, std::size_t index, const std::string& word) const {
        const std::string copy = folder + "-changed";
        fs::remove_all(copy);
        fs::copy(folder, copy);
        std::string text = read_file(copy + "/" + file);
        std::size_t at = text.find('\n');  // behind the comment
        for (std::size_t i = 0; i <= index; ++i) at = text.find_first_of(" \n", at + 1);
        std::ofstream(copy + "/" + file) << text.replace(at - word.size(), word.size(), word);
        return copy;
    }

    const std::string folder = scratch_folder() + "/golden";
};

TEST_F(GoldenVectors, HoldAVerilogUnitThatComputesInRealArithmetic) {
    EXPECT_EQ(play(folder, folder), "380 results, 0 wrong\n");
}

TEST_F(GoldenVectors, FindAWrongCodeAWrongCycleAndAWrongOperand) {
    const std::string code = play(folder, changed("result.hex", 21, "80"));
    EXPECT_THAT(code, HasSubstr("result 1,2: code "));
    EXPECT_THAT(code, EndsWith("380 results, 1 wrong\n"));
    EXPECT_THAT(play(folder, changed("cycles.hex", 5, "0000000000000007")),
                EndsWith("380 results, 1 wrong\n"));
    // Code 0x7f of operand a is 4096: all of its row but chance differs.
    EXPECT_THAT(play(changed("a.hex", 0, "7f"), folder), EndsWith("380 results, 19 wrong\n"));
}

TEST(GoldenVectorsPage, ShowsTheBenchThatIsTested) {
    EXPECT_THAT(read_file(std::string(OCTET_SOURCE_DIR) + "/docs/golden-vectors.md"),
                HasSubstr("```verilog\n" + read_file(sources + "gemm_tb.v") + "```\n"));
}

}  // namespace
}  // namespace octet::test
