// Weights in a format of their own, as a user sees them: bytes, counts, refusals with a place.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/system/matrices.h"

namespace octet::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<std::string> product_with(const std::vector<std::string>& settings) {
    // 32 x 250 times 250 x 48 on 16 x 16 PEs: 16 tiles along the reduction, 3 across, groups of 128 and 122.
    std::vector<std::string> arguments{"op", "gemm", "--shape", "32,48,250", "--accelerator", edge16};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
}
json product(const std::vector<std::string>& settings) {
    auto arguments = product_with(settings);
    arguments.emplace_back("--json");
    return document(arguments);
}
json counts_of(const std::vector<std::string>& settings) {
    return product(settings)["operations"][0]["activity"];
}
constexpr std::uint64_t weights = 250 * 48, groups = 2 * 48;

TEST(WeightStorage, MovesItsOwnBytesAndCountsItsOwnDecoders) {
    const json run = product({"pe.preset=bf16", "formats.weights=int4_g128"}),
               plain = product({"pe.preset=bf16"});
    EXPECT_EQ(run["traffic"]["dram_read_bytes"], 32 * 250 * 2 + weights / 2 + groups * 2);
    EXPECT_EQ(plain["traffic"]["dram_read_bytes"], 32 * 250 * 2 + weights * 2);
    const json counts = run["operations"][0]["activity"], before = plain["operations"][0]["activity"];
    EXPECT_EQ(counts["decoder.decode_1"], weights);
    EXPECT_EQ(counts["weight_buffer.write"], weights * 4 + groups * 16);
    EXPECT_EQ(counts["weight_buffer.read"], weights * 4 + 16 * 48 * 16) << "a scale a column and tile";
    EXPECT_FALSE(before.contains("decoder.decode_1"));
    EXPECT_EQ(before["weight_buffer.write"], weights * 16);
    for (const char* same : {"mac.mac", "input_buffer.write", "input_buffer.read", "pe.weight_load"})
        EXPECT_EQ(counts[same], before[same]) << same;
    EXPECT_GT(run["area"]["components"]["codec"].get<double>(),
              plain["area"]["components"]["codec"].get<double>());
}

TEST(WeightStorage, IsDecodedBeforeTheBufferWithDecodersAtTheSramPort) {
    const json counts =
        counts_of({"pe.preset=bf16", "formats.weights=int4_g128_zp", "codec.placement=sram_port"});
    EXPECT_EQ(counts["decoder.decode_1"], weights);
    EXPECT_EQ(counts["weight_buffer.write"], weights * 16);
    EXPECT_EQ(counts["weight_buffer.read"], weights * 16);
    EXPECT_EQ(counts["sram.read"].get<std::uint64_t>(),
              counts["input_buffer.write"].get<std::uint64_t>() + weights * 4 + groups * 24 + 32 * 48 * 16)
        << "inputs, weights, scales, and results on their way to DRAM";
}

TEST(WeightStorage, IsDecodedInEveryElementWithDecodersThere) {
    const json counts = counts_of({"pe.preset=bf16", "formats.weights=nf4", "codec.placement=per_pe"});
    EXPECT_EQ(counts["decoder.decode_1"], weights) << "weights stay";
    EXPECT_FALSE(counts.contains("decoder.decode"));
}

// Weights stream: 48 of them meet two tiles of 16 inputs each.
TEST(WeightStorage, IsReadOnceForEveryTileOfInputsThatStay) {
    const json counts =
        counts_of({"pe.preset=bf16", "formats.weights=int4_g128", "array.dataflow=input_stationary"});
    EXPECT_EQ(counts["decoder.decode_1"], 2 * weights);
    EXPECT_EQ(counts["input_buffer.write"], weights * 4 + groups * 16);
    EXPECT_EQ(counts["input_buffer.read"], 2 * (weights * 4 + 16 * 48 * 16));
    EXPECT_EQ(counts["weight_buffer.read"], 32 * 250 * 16);
}

TEST(WeightStorage, LeavesTheDecodersOfOtherOperandsAsTheyAre) {
    const auto counts = [](std::vector<std::string> settings) {
        settings.insert(settings.begin(), {"pe.preset=e4m3", "pe.operand=e5m4"});
        return counts_of(settings);
    };
    const json own = counts({"formats.weights=nf4_dq"}), same = counts({});
    EXPECT_EQ(own["decoder.decode_1"], weights);
    EXPECT_EQ(own["decoder.decode"].get<std::uint64_t>() + weights,
              same["decoder.decode"].get<std::uint64_t>());
    const json operands = counts({"formats.weights=e5m4"});  // nothing to decode
    EXPECT_FALSE(operands.contains("decoder.decode_1"));
    EXPECT_EQ(operands["decoder.decode"], own["decoder.decode"]);
}

TEST(WeightStorage, OfOneFormatForAllOfTheForwardPassIsThatOfTheForwardPass) {
    const json counts = counts_of({"pe.preset=bf16", "pe.operand=e5m4", "formats.forward=e4m3"});
    EXPECT_EQ(counts["weight_buffer.write"], weights * 8);
}

TEST(WeightStorage, IsRefusedWhereItIsWrittenIfTheMachineCannotHaveIt) {
    const auto error = [](const std::vector<std::string>& settings) {
        const Outcome outcome = octet(product_with(settings));
        EXPECT_EQ(outcome.status, 1);
        return outcome.err;
    };
    EXPECT_THAT(error({"pe.preset=int8", "formats.weights=nf4_dq"}),
                HasSubstr("--set formats.weights=nf4_dq: formats.weights: nf4_dq has a scale for tensors"));
    EXPECT_THAT(error({"pe.preset=int8", "formats.weights=int4_g128", "matvec=vector"}),
                HasSubstr("formats.weights: the lanes (matvec: vector) multiply codes"));
    EXPECT_THAT(
        error({"pe.preset=mxint8", "formats.weights=int4_g128"}),
        HasSubstr("formats.weights: int4_g128 and mxint8: formats with scales for blocks stand alone"));
    EXPECT_THAT(
        error({"pe.preset=bf16", "formats.kv_cache=int4_g128"}),
        HasSubstr("formats.kv_cache: int4_g128 and bf16: formats with scales for blocks stand alone"));
    EXPECT_THAT(error({"pe.preset=bf16", "formats.weights=nf5"}), HasSubstr("did you mean 'nf4'?"));
}

TEST(WeightStorage, OfCodesThatAreGivenIsRefusedWhereScalesAreWide) {
    const Folder folder;
    const std::string a = file(folder, "a.npy", {2, 3}, {1, 2, 3, 4, 5, 6});
    const std::vector<std::uint8_t> codes{1, 2, 3};
    const std::string b = folder.write(
        "b.npy", npy_text(Dtype::u8, std::vector<std::uint64_t>{3, 1}, std::as_bytes(std::span(codes))));
    const Outcome outcome = octet({"op", "gemm", "--in", a, b, "--accelerator", edge16, "--set",
                                   "pe.preset=bf16", "--set", "formats.weights=int4_g128"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("b.npy: codes of int4_g128 are not read, as its scales have 16 bits"));
}

json split_run(const std::vector<std::string>& settings) {
    std::vector<std::string> arguments{
        "run", std::string(OCTET_SOURCE_DIR) + "/configs/experiments/techniques/llm-int8.yaml", "--json"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return document(arguments);
}

// 64 bytes, timing alone.
json timed(std::vector<std::string> settings) {
    settings.insert(settings.begin(), {"values=none", "phase.batch=1", "phase.sequence=64"});
    return split_run(settings);
}

TEST(LlmInt8, MultipliesMostOfAProductInEightBitsAndTheRestInSixteen) {
    const json run = timed({});
    std::uint64_t narrow = 0, wide = 0, picked = 0;
    for (const json& operation : run["operations"]) {
        const std::string name = operation["name"];
        const json& counts = operation["activity"];
        if (name.ends_with(".quantized")) {
            EXPECT_EQ(counts["mac.mac_quantized"], operation["macs"]) << name;
            EXPECT_FALSE(counts.contains("mac.mac")) << name;
            EXPECT_FALSE(counts.contains("decoder.decode_1")) << name;
            narrow += operation["macs"].get<std::uint64_t>();
        } else if (name.ends_with(".outliers") && operation["kind"] == "matmul") {
            EXPECT_EQ(counts["mac.mac"], operation["macs"]) << name;
            wide += operation["macs"].get<std::uint64_t>();
        } else if (name.ends_with(".outliers")) {
            EXPECT_EQ(operation["macs"], 0) << name;
            EXPECT_GT(counts["vector.idle"], counts["decoder.decode"].get<std::uint64_t>() * 14) << name;
            ++picked;
        }
    }
    EXPECT_GT(narrow, 0U);
    EXPECT_LT(wide, narrow / 10);
    EXPECT_EQ(picked, 6U * 4 + 1) << "of what queries, outputs, gates and the way back read, and the head";
    const json mac = timed({"formats.quantized=e4m3"});
    EXPECT_NE(mac["energy"]["components"]["array"], run["energy"]["components"]["array"]);
}

TEST(LlmInt8, HasScalesOfRowsAndColumnsThatAreBytesAndWork) {
    const json lines = timed({}), tensors = timed({"formats.quantized=int8"});
    std::uint64_t columns = 0;
    for (std::size_t i = 0; i < lines["operations"].size(); ++i) {
        const json &of_lines = lines["operations"][i], &of_tensors = tensors["operations"][i];
        const std::string name = of_lines["name"];
        const auto more = [&](const char* action) {
            const auto count = [&](const json& operation) {
                return operation["activity"].value(action, std::uint64_t{0});
            };
            return count(of_lines) - count(of_tensors);
        };
        if (name.ends_with(".quantized")) {
            // Results are 64 times as many as columns: both scales multiply each of them, in place of one.
            const std::uint64_t results = more("vector.multiply");
            EXPECT_EQ(more("dram.read"), results / 64 * 32)
                << name << ": a scale a column comes with the weights";
            EXPECT_EQ(more("input_buffer.write"), 0U) << name;
            EXPECT_EQ(more("weight_buffer.write"), 0U) << name;
            columns += results / 64;
        } else if (name.ends_with(".regular")) {
            EXPECT_EQ(more("sram.write"), 64U * 32) << name;
            EXPECT_GT(more("vector.reduce"), 0U) << name;
        }
    }
    EXPECT_EQ(columns, 6U * (192 + 64 + 64 + 192 + 512 + 512 + 192) + 128);
    EXPECT_EQ(lines["traffic"]["dram_read_bytes"],
              tensors["traffic"]["dram_read_bytes"].get<std::uint64_t>() + 4 * columns);
}

TEST(LlmInt8, IsMoreExactTheMoreColumnsAreOutliersAndTheFinerScalesAre) {
    const auto sqnr = [](const std::vector<std::string>& settings) {
        std::vector<std::string> all = settings;
        all.insert(all.end(), {"phase.batch=1"});
        return split_run(all)["numerics"]["sqnr_db"].get<double>();
    };
    EXPECT_LT(sqnr({"phase.outliers=0.005"}), sqnr({"phase.outliers=0.2"}));
    EXPECT_LT(sqnr({"formats.quantized=int8"}), sqnr({}) - 3);
}

TEST(LlmInt8, IsRefusedWhereItIsWrittenIfThereIsNothingToSplitOrNoFormatForIt) {
    const auto error = [](const std::vector<std::string>& settings) {
        std::vector<std::string> arguments{
            "run", std::string(OCTET_SOURCE_DIR) + "/configs/experiments/techniques/bf16-llama.yaml"};
        for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
        const Outcome outcome = octet(arguments);
        EXPECT_EQ(outcome.status, 1);
        return outcome.err;
    };
    EXPECT_THAT(
        error({"phase.outliers=0.01"}),
        HasSubstr("--set phase.outliers=0.01: phase.outliers: the machine has no format for what is no"));
    EXPECT_THAT(error({"phase.outliers=0.7"}), HasSubstr("phase.outliers"));
    EXPECT_THAT(error({"phase={kind: train, sequence: 8, outliers: 0.1}"}),
                HasSubstr("kind encode, prefill or decode"));
    EXPECT_THAT(error({"pe.preset=e4m3", "formats.quantized=int8"}),
                HasSubstr("formats.quantized: pe.operand e4m3 does not hold all numbers of int8"));
    EXPECT_THAT(error({"formats.quantized=int8", "codec.placement=sram_port"}),
                HasSubstr("formats.quantized: decoders at the SRAM port"));
}

}  // namespace
}  // namespace octet::test
