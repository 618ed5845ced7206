// Counts of small products, predicted by hand from the pages of docs/hardware. With configs/costs/unit.yaml
// every action costs 1 pJ (one a bit for those counted in bits), so the energy of a component is the number
// of its actions: models/activity.cpp says which belong to it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/system/books.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;

struct Counts {
    std::uint64_t array = 0, codec = 0, vector = 0, softmax = 0, buffers = 0, sram = 0, dram = 0;
};

struct Bytes {
    std::uint64_t dram_read = 0, dram_written = 0, sram_read = 0, sram_written = 0;
};

json run(const std::string& machine, const std::string& trace,
         const std::vector<std::string>& settings = {}) {
    const Folder folder;
    folder.write("trace.yaml", "kind: trace\nname: small\n" + trace);
    const std::string root = OCTET_SOURCE_DIR;
    std::vector<std::string> arguments{
        "run", folder.write("experiment.yaml",
                            fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/{1}.yaml\n"
                                        "workload: trace.yaml\ncosts: {0}/configs/costs/unit.yaml\n"
                                        "phase: {{kind: encode, batch: 1, sequence: 1}}\n",
                                        root, machine))};
    for (const auto& setting : settings) {
        arguments.push_back("--set");
        arguments.push_back(setting);
    }
    return document(arguments);
}

void expect_counts(const json& result, const Counts& c, const Bytes& bytes) {
    ASSERT_TRUE(result.contains("energy"));
    expect_balanced_books(result);
    ASSERT_EQ(result.at("operations").size(), 1U);
    const json& total = result.at("energy").at("components");
    for (const json& components : {total, result.at("operations").at(0).at("components")}) {
        EXPECT_EQ(components.at("array"), c.array);
        EXPECT_EQ(components.at("codec"), c.codec);
        EXPECT_EQ(components.at("vector"), c.vector);
        EXPECT_EQ(components.at("softmax"), c.softmax);
        EXPECT_EQ(components.at("buffers"), c.buffers);
        EXPECT_EQ(components.at("sram"), c.sram);
        EXPECT_EQ(components.at("dram"), c.dram);
        EXPECT_EQ(components.at("leakage"), 0);
    }
    const json& traffic = result.at("traffic");
    EXPECT_EQ(traffic.at("dram_read_bytes"), bytes.dram_read);
    EXPECT_EQ(traffic.at("dram_write_bytes"), bytes.dram_written);
    EXPECT_EQ(traffic.at("sram_read_bytes"), bytes.sram_read);
    EXPECT_EQ(traffic.at("sram_write_bytes"), bytes.sram_written);
    // Control: every byte through the DMA, every command (one cycle of the controller each), and every cycle
    // of the nine units.
    const json& cycles = result.at("cycles");
    EXPECT_EQ(total.at("control"), bytes.dram_read + bytes.dram_written +
                                       cycles.at("units").at("controller").at("busy").get<std::uint64_t>() +
                                       9 * cycles.at("total").get<std::uint64_t>());
}

// c (7 x 13) = a (7 x 17) b (17 x 13): 1547 multiply-accumulates; 119 inputs, 221 weights, 91 results.
const std::string product =
    "tensors:\n"
    "  - {name: a, role: input, rows: 7, cols: 17}\n"
    "  - {name: b, role: weight, rows: 17, cols: 13}\n"
    "  - {name: c, role: output, rows: 7, cols: 13}\n"
    "operations:\n"
    "  - {name: product, kind: matmul, inputs: [a, b], output: c}\n";

// c (5 x 9) = a (5 x 33) b (33 x 9) + bias (9): 1485 multiply-accumulates; 165 inputs, 297 weights, 45
// results.
const std::string with_bias =
    "tensors:\n"
    "  - {name: a, role: input, rows: 5, cols: 33}\n"
    "  - {name: b, role: weight, rows: 33, cols: 9}\n"
    "  - {name: bias, role: weight, rows: 1, cols: 9}\n"
    "  - {name: c, role: output, rows: 5, cols: 9}\n"
    "operations:\n"
    "  - {name: product, kind: matmul, inputs: [a, b], bias: bias, output: c}\n";

// Bytes of 8-bit values. DRAM: operands in, results out, once. SRAM writes: what the DMA loads (and the
// vector unit's results); reads: the fills of the buffers and the DMA's stores.
constexpr Bytes product_bytes{119 + 221, 91, 119 + 221 + 91, 119 + 221 + 91};
// The bias is loaded too, and fetched once by the vector unit.
constexpr Bytes bias_bytes{165 + 297 + 9, 45, 165 + 297 + 9 + 45, 165 + 297 + 9 + 45};

TEST(CountsInFixedPoint, NormaliseEverySumThatLeavesAColumnOnce) {
    const auto counted = [](const std::string& dataflow) {
        return run("edge16-e4m3-fixed", product, {"array.dataflow=" + dataflow})
            .at("operations")
            .at(0)
            .at("activity");
    };
    for (const auto& [dataflow, sums] :
         {std::pair{"weight_stationary", 2}, {"input_stationary", 2}, {"output_stationary", 1}}) {
        const json activity = counted(dataflow);
        EXPECT_FALSE(activity.contains("mac.mac"));
        EXPECT_EQ(activity.at("multiplier.multiply"), 7 * 13 * 17) << dataflow;
        EXPECT_EQ(activity.at("align_adder.add"), 7 * 13 * 17) << dataflow;
        EXPECT_EQ(activity.at("normaliser.normalise"), 7 * 13 * sums) << dataflow;
    }
}

TEST(CountsOfAProduct, OnSixteenBySixteenAreThoseOfTheRules) {
    // Reduction tiles of 16 and 1 rows, one column tile of 13.
    Counts c;
    c.array = 7 * 13 * 17                 // mac
              + 7 * (2 * 16 * 16) - 1547  // pe_pass: two passes of 7 vectors over 256 PEs
              + 17 * 13                   // weight_load
              + 13 * (16 * 15 / 2 + 0)    // weight_pass: row i is handed on i times, 16 rows and 1
              + 7 * 13;                   // accumulate: all but the first reduction tile
    c.codec = 7 * 17 + 17 * 13            // decode: inputs of the one column tile, weights
              + 7 * 13;                   // encode
    c.vector = 7 * 16 - 7 * 13;           // idle: three lanes of each result vector
    c.buffers = 8 * (119 + 119)           // input: filled, read once for the one column tile
                + 8 * (221 + 221)         // weight: filled, read
                + 16 * (91 + 91);         // accumulation in bf16: written by the first tile, read by the last
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge16-posit8", product), c, product_bytes);
    // posit8 and hybrid FP8 differ in values and prices alone.
    expect_counts(run("edge16-hybrid-fp8", product), c, product_bytes);
}

TEST(CountsOfAProduct, OnEightByEightAreThoseOfTheRules) {
    // Reduction tiles of 8, 8 and 1 rows, column tiles of 8 and 5: six passes of 7 vectors over 64 PEs.
    Counts c;
    c.array = 1547                         // mac
              + 7 * (6 * 64) - 1547        // pe_pass
              + 221                        // weight_load
              + 13 * (28 + 28 + 0)         // weight_pass: 8 * 7 / 2 for each full tile
              + 2 * 7 * 13;                // accumulate: the second and third reduction tile
    c.codec = 2 * 119 + 221                // decode: inputs for each of two column tiles, weights
              + 91;                        // encode
    c.vector = 7 * (8 + 8) - 91;           // idle: of the second column tile
    c.buffers = 8 * (119 + 2 * 119)        // input: filled once, read for each column tile
                + 8 * (221 + 221)          // weight
                + 16 * (2 * 91 + 2 * 91);  // accumulation: two tiles write, two read
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge8-posit8", product), c, product_bytes);
}

TEST(CountsOfAProduct, WhoseSumsStayAreThoseOfTheRules) {
    // Two folds of 7 x 8 and 7 x 5 results, 17 steps each.
    Counts c;
    c.array = 1547                                      // mac
              + 17 * (64 - 7 * 8) + 17 * (64 - 7 * 5)   // pe_pass: elements without a result
              + (8 + 5) * (7 * 6 / 2)                   // row i goes down i drain registers
              + 17 * 13 * 7;                            // weight_pass: every weight down 7 rows
    c.codec = 2 * 119 + 221                             // decode: inputs for each of two folds, weights
              + 119                                     // transpose: inputs, when they are filled
              + 91;                                     // encode
    c.vector = 7 * (8 + 8) - 91;                        // idle
    c.buffers = 8 * (119 + 2 * 119) + 8 * (221 + 221);  // no sum is stored
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge8-posit8", product, {"array.dataflow=output_stationary"}), c, product_bytes);
}

TEST(CountsOfAProduct, WhoseInputsStayAreThoseOfTheRules) {
    // As with weights that stay and M and N exchanged: tiles of 8, 8 and 1 inputs of 7 rows, 13 vectors each.
    Counts c;
    c.array = 1547                         // mac
              + 13 * (3 * 64) - 1547       // pe_pass
              + 119                        // weight_load
              + 7 * (28 + 28 + 0)          // weight_pass
              + 2 * 7 * 13;                // accumulate
    c.codec = 119 + 221                    // decode
              + 119                        // transpose: inputs, on the way to the weight buffer
              + 91;                        // encode
    c.vector = 13 * 8 - 91;                // idle: vectors of 7
    c.buffers = 8 * (119 + 119)            // weight buffer
                + 8 * (221 + 221)          // input buffer
                + 16 * (2 * 91 + 2 * 91);  // accumulation
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge8-posit8", product, {"array.dataflow=input_stationary"}), c, product_bytes);
}

TEST(CountsOfAProduct, OnThirtyTwoByThirtyTwoNeverTouchTheAccumulationBuffer) {
    // One reduction tile of 17 rows, one column tile.
    Counts c;
    c.array = 1547 + (7 * 32 * 32 - 1547) + 221 + 13 * (17 * 16 / 2);
    c.codec = 119 + 221 + 91;
    c.vector = 7 * 32 - 91;
    c.buffers = 8 * (2 * 119 + 2 * 221);
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge32-posit8", product), c, product_bytes);
}

TEST(CountsOfAProduct, AroundAZeroPointDecodeEveryOperandAsPositsDoAndAddUpIn32Bits) {
    Counts c;
    c.array = 1547 + 2037 + 221 + 1560 + 91;
    c.codec = 119 + 221 + 91;
    c.vector = 21 + 7 * 13;
    c.buffers = 16 * (119 + 221) + 32 * (91 + 91);
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge16-int8", product, {"pe.preset=int8_zp"}), c, product_bytes);
    // Behind decoders at the SRAM port buffers hold operands of 9 bits.
    c.buffers = 18 * (119 + 221) + 32 * (91 + 91);
    expect_counts(run("edge16-int8", product, {"pe.preset=int8_zp", "codec.placement=sram_port"}), c,
                  product_bytes);
}

TEST(CountsOfAProduct, InInt8DecodeNothingAndAddUpIn32Bits) {
    // As posit8 on 16 x 16; operands need no decoder, results are encoded from bf16.
    Counts c;
    c.array = 1547 + 2037 + 221 + 1560 + 91;
    c.codec = 91;
    c.vector = 21 + 7 * 13;  // idle; every sum times the scales of both operands
    c.buffers = 16 * (119 + 221) + 32 * (91 + 91);
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge16-int8", product), c, product_bytes);
}

TEST(CountsOfAProduct, InMxScaleEverySumAndMoveTheirScales) {
    // As posit8 on 32 x 32: one reduction tile, of one block of 17. A row of inputs, a column of weights and
    // a row of results have a scale of 8 bits each.
    Counts c;
    c.array = 1547 + 5621 + 221 + 1768  // mac, pe_pass, weight_load, weight_pass
              + 91;                     // scale_sum
    c.codec = 119 + 221 + 91;
    c.vector = 7 * 32 - 91               // idle
               + 2 * (16 * 91 + 8 * 7);  // scratch: results until their scale is known, scales
    c.buffers = 8 * (2 * (119 + 7) + 2 * (221 + 13));
    c.sram = 8 * (431 + 27 + 431 + 27);
    c.dram = 8 * (340 + 20 + 91 + 7);
    expect_counts(run("edge32-posit8", product, {"pe.preset=mxfp8_e4m3"}), c,
                  {340 + 20, 91 + 7, 431 + 27, 431 + 27});
}

TEST(CountsOfAProduct, InBf16HaveNoCodecAndMoveTwiceTheBytes) {
    // bf16 in memory, operand and fetch; fp32 in the accumulation buffer and in the lanes: results are
    // encoded from fp32.
    Counts c;
    c.array = 1547 + 2037 + 221 + 1560 + 91;
    c.codec = 91;
    c.vector = 21;
    c.buffers = 2 * 16 * (119 + 221) + 32 * (91 + 91);
    c.sram = 16 * (431 + 431);
    c.dram = 16 * (340 + 91);
    expect_counts(run("edge16-bf16", product), c,
                  {2 * product_bytes.dram_read, 2 * product_bytes.dram_written, 2 * product_bytes.sram_read,
                   2 * product_bytes.sram_written});
}

TEST(CountsOfAProduct, DecodeForEveryMultiplyIfTheDecodersSitInThePes) {
    Counts c;
    c.array = 5456;
    c.codec = 7 * 13 * 17 + 221 + 91;  // decode: the input of every multiply, every weight; encode
    c.vector = 21;
    c.buffers = 16 * (119 + 221) + 32 * 91;
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge16-posit8", product, {"codec.placement=per_pe"}), c, product_bytes);
}

TEST(CountsOfAProduct, HoldOperandsInTheBuffersIfTheDecodersSitAtTheSramPort) {
    // On 8 x 8, where inputs are read twice: decoded once, when they are filled. e5m4 has 10 bits.
    Counts c;
    c.array = 1547 + 1141 + 221 + 728 + 182;
    c.codec = 119 + 221 + 91;
    c.vector = 21;
    c.buffers = 10 * (119 + 2 * 119) + 10 * (221 + 221) + 16 * (4 * 91);
    c.sram = 8 * (431 + 431);
    c.dram = 8 * (340 + 91);
    expect_counts(run("edge8-posit8", product, {"codec.placement=sram_port"}), c, product_bytes);
}

TEST(CountsOfAProductWithBias, OnSixteenBySixteenAreThoseOfTheRules) {
    // Reduction tiles of 16, 16 and 1 rows, one column tile of 9.
    Counts c;
    c.array = 5 * 9 * 33              // mac
              + 5 * (3 * 256) - 1485  // pe_pass
              + 33 * 9                // weight_load
              + 9 * (120 + 120 + 0)   // weight_pass
              + 2 * 5 * 9;            // accumulate
    c.codec = 165 + 297               // decode at the array
              + 9                     // decode of the bias
              + 45;                   // encode
    c.vector = 45                     // add: the bias
               + 5 * 16 - 45          // idle
               + 16 * 9               // scratch: the bias in bf16 written once
               + 16 * 5 * 9;          // and read for each of the 5 result vectors
    c.buffers = 8 * (165 + 165) + 8 * (297 + 297) + 16 * (90 + 90);
    c.sram = 8 * (516 + 516);
    c.dram = 8 * (471 + 45);
    expect_counts(run("edge16-posit8", with_bias), c, bias_bytes);
}

TEST(CountsOfAProductWithBias, OnEightByEightAreThoseOfTheRules) {
    // Reduction tiles of 8, 8, 8, 8 and 1 rows, column tiles of 8 and 1: ten passes of 5 vectors.
    Counts c;
    c.array = 1485 + (5 * 10 * 64 - 1485) + 297 + 9 * (4 * 28 + 0) + 4 * 5 * 9;
    c.codec = 2 * 165 + 297 + 9 + 45;
    c.vector = 45 + (5 * (8 + 8) - 45) + 16 * 9 + 16 * 5 * 9;
    c.buffers = 8 * (165 + 2 * 165) + 8 * (297 + 297) + 16 * (4 * 45 + 4 * 45);
    c.sram = 8 * (516 + 516);
    c.dram = 8 * (471 + 45);
    expect_counts(run("edge8-posit8", with_bias), c, bias_bytes);
}

TEST(CountsOfAProduct, OfActivationsPassTheTransposer) {
    // 6 x 10 from a (6 x 16) and b (10 x 16), both inputs: b is read along its rows.
    Counts c;
    c.array = 960 + (6 * 256 - 960) + 160 + 10 * 120;
    c.codec = 96 + 160  // decode
              + 160     // transpose: every value of b
              + 60;     // encode
    c.vector = 6 * 16 - 60;
    c.buffers = 8 * (2 * 96 + 2 * 160);
    c.sram = 8 * 2 * (96 + 160 + 60);
    c.dram = 8 * (96 + 160 + 60);
    expect_counts(run("edge16-posit8",
                      "tensors:\n"
                      "  - {name: a, role: input, rows: 6, cols: 16}\n"
                      "  - {name: b, role: input, rows: 10, cols: 16}\n"
                      "  - {name: c, role: output, rows: 6, cols: 10}\n"
                      "operations:\n"
                      "  - {name: product, kind: matmul, inputs: [a, b], output: c, transpose_b: true}\n"),
                  c, {256, 60, 316, 316});
}

TEST(CountsOfASoftmax, AreTwoExponentialsAValueAndOneReciprocalARow) {
    // 6 rows of 16: three passes read the values and decode them, the last one writes and encodes. No lane is
    // idle, in however many pieces the rows are taken.
    const json result = run("edge16-posit8",
                            "tensors:\n"
                            "  - {name: x, role: input, rows: 6, cols: 16}\n"
                            "  - {name: y, role: output, rows: 6, cols: 16}\n"
                            "operations:\n"
                            "  - {name: softmax, kind: softmax, inputs: [x], output: y}\n");
    Counts c;
    c.softmax = 2 * 96 + 6;
    c.codec = 3 * 96 + 96;
    c.vector = 96                          // reduce: maximum
               + 96 + 96                   // subtract, reduce: sum
               + 96 + 96                   // subtract, multiply
               + 2 * 6 * (16 + 16);        // scratch: maximum and sum of each row, written and read
    c.sram = 8 * (96 + 3 * 96 + 96 + 96);  // loaded, fetched by three passes, result, stored
    c.dram = 8 * (96 + 96);
    expect_counts(result, c, {96, 96, 4 * 96, 2 * 96});
}

}  // namespace
}  // namespace octet::test
