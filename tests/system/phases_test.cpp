// Prefill and decode, and the operations of decoders, as a user sees them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/octet.h"

namespace octet::test {
namespace {

std::vector<std::string> tiny_decoder(const std::string& phase, const std::string& values = "none") {
    return {"run",      "configs/experiments/bert-base-edge16-posit8.yaml",
            "--set",    "workload=workloads/tiny.yaml",
            "--set",    "workload.causal=true",
            "--set",    "workload.padding_mask=false",
            "--set",    "workload.rotary=true",
            "--set",    "workload.head=lm",
            "--set",    "phase=" + phase,
            "--values", values};
}

double tokens_times_seconds(const nlohmann::json& run) {
    return run["metrics"]["tokens_per_second"].get<double>() * run["seconds"].get<double>();
}

TEST(Decode, MakesTokensOneAfterAnotherOverCachesThatGrow) {
    std::uint64_t macs = 0;
    for (const int context : {20, 21, 22})
        macs +=
            document(tiny_decoder(fmt::format("{{kind: decode, batch: 2, context: {}}}", context)))["macs"]
                .get<std::uint64_t>();
    const auto run = document(tiny_decoder("{kind: decode, batch: 2, context: 20, tokens: 3}"));
    EXPECT_EQ(run["macs"], macs);
    EXPECT_NEAR(tokens_times_seconds(run), 6, 1e-9);
    EXPECT_EQ(run["phase"]["context"], 20);
}

// 2 layers of 32 values: two caches of so many rows of 32 bytes are read a layer and sample, a row written.
TEST(Decode, ReadsEveryRowOfTheCachesAndWritesOne) {
    const auto bytes = [](int context, const char* what) {
        return document(tiny_decoder(fmt::format("{{kind: decode, context: {}}}", context)))["traffic"][what]
            .get<std::int64_t>();
    };
    EXPECT_EQ(bytes(60, "dram_read_bytes") - bytes(20, "dram_read_bytes"), 40 * 2 * 2 * 32);
    EXPECT_EQ(bytes(60, "dram_write_bytes"), bytes(20, "dram_write_bytes"));
    EXPECT_EQ(bytes(20, "dram_write_bytes"), 2 * 2 * 32 + 2 * 64) << "keys, values and logits in bf16";
}

// A cache in 16 bits where the machine stores 8: keys and values take twice as many bytes, all else as many.
TEST(Decode, KeepsKeysAndValuesInTheFormatOfTheCache) {
    const auto run = [](const char* format, int context) {
        auto words = tiny_decoder(fmt::format("{{kind: decode, context: {}}}", context));
        words.insert(words.end(), {"--set", fmt::format("formats.kv_cache={}", format), "--costs",
                                   "configs/costs/unit.yaml"});
        return document(words);
    };
    const auto bytes = [&](const char* format, const char* what) {
        return run(format, 60)["traffic"][what].get<std::int64_t>();
    };
    EXPECT_EQ(bytes("bf16", "dram_read_bytes") - bytes("e5m2", "dram_read_bytes"),
              59 * 2 * 2 * 32 + 2 * 2 * 32);
    EXPECT_EQ(bytes("bf16", "dram_write_bytes") - bytes("e5m2", "dram_write_bytes"), 2 * 2 * 32);
    EXPECT_EQ(bytes("e5m2", "dram_read_bytes"), bytes("posit8_1_ftz", "dram_read_bytes"));
    // What is decoded is decoded by decoders of its own: to operands, and to the vector format that bf16 is.
    std::int64_t decoded = 0, encoded = 0;
    const auto document_of_e5m2 = run("e5m2", 60);
    for (const auto& operation : document_of_e5m2["operations"]) {
        const auto& counts = operation["activity"];
        decoded += counts.value("decoder.decode_1", 0);
        encoded += counts.value("encoder.encode_1", 0);
    }
    EXPECT_EQ(decoded, 2 * 2 * 60 * 32) << "two caches a layer, once for one query";
    EXPECT_EQ(encoded, 2 * 2 * 32);
    const auto area = [&](const char* format) {
        return run(format, 20)["area"]["components"]["codec"].get<double>();
    };
    // Prices of 1: decoders at R + C edges and three fetch ports of 16 lanes, 16 encoders.
    EXPECT_EQ(area("e5m2") - area("posit8_1_ftz"), 32 + 48 + 16);
    EXPECT_EQ(area("bf16") - area("posit8_1_ftz"), 32) << "and a wider transposer, if it had a price of bits";
}

TEST(Formats, ByUseCostTheSameCyclesInBothFidelitiesAndWithValues) {
    for (const char* format : {"e5m2", "int4", "bf16"})
        for (const char* phase : {"{kind: prefill, batch: 2, sequence: 20}",
                                  "{kind: decode, batch: 2, context: 20, tokens: 2}"}) {
            auto words = tiny_decoder(phase);
            words.insert(words.end(), {"--set", fmt::format("formats.kv_cache={}", format)});
            const auto fast = document(words);
            words.insert(words.end(), {"--values", "exact"});
            auto exact = document(words);
            words.insert(words.end(), {"--fidelity", "register"});
            EXPECT_EQ(document(words), exact) << format << ' ' << phase;
            EXPECT_EQ(exact["cycles"], fast["cycles"]) << format << ' ' << phase;
            EXPECT_GT(exact["numerics"]["sqnr_db"].get<double>(), 3) << format << ' ' << phase;
        }
}

TEST(Prefill, WritesTheCachesAndRunsTheHeadOnTheLastToken) {
    const auto encode = document(tiny_decoder("{kind: encode, batch: 2, sequence: 20}"));
    const auto prefill = document(tiny_decoder("{kind: prefill, batch: 2, sequence: 20}"));
    EXPECT_EQ(encode["macs"].get<std::int64_t>() - prefill["macs"].get<std::int64_t>(), 2 * 19 * 32 * 64);
    EXPECT_NEAR(tokens_times_seconds(prefill), 40, 1e-9);
    EXPECT_EQ(prefill["traffic"]["dram_write_bytes"], 2 * 2 * 40 * 32 + 2 * 2 * 64);
}

TEST(Phases, WithValuesHaveTheCyclesOfTheRunWithout) {
    for (const char* phase :
         {"{kind: prefill, batch: 2, sequence: 20}", "{kind: decode, batch: 2, context: 20, tokens: 2}"}) {
        const auto with = document(tiny_decoder(phase, "exact")), without = document(tiny_decoder(phase));
        EXPECT_EQ(with["cycles"], without["cycles"]) << phase;
        EXPECT_EQ(with["traffic"], without["traffic"]) << phase;
        EXPECT_GT(with["numerics"]["sqnr_db"].get<double>(), 10) << phase;
        EXPECT_EQ(with["numerics"]["nar"], 0) << phase;
    }
}

TEST(Phases, AreRefusedWhereTheModelHasNone) {
    const auto run = octet({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                            "phase={kind: decode, context: 5}"});
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.err, testing::HasSubstr("phase.kind: needs a model with causal: true"));
}

// A table of angles and a tensor of `heads` heads of 32 values in 16 rows, on 16 lanes, with prices of 1.
nlohmann::json run_rope(const Folder& folder, int heads) {
    const auto trace = folder.write(
        "rope.yaml",
        fmt::format(
            "kind: trace\nname: rope\ntensors:\n"
            "  - {{name: x, role: input, rows: 16, cols: {0}}}\n"
            "  - {{name: angles, role: input, rows: 16, cols: 32}}\n"
            "  - {{name: y, role: output, rows: 16, cols: {0}}}\n"
            "operations:\n"
            "  - {{name: rope, kind: rope, inputs: [x, angles], output: y, heads: {1}, a_blocks: {1}, "
            "out_blocks: {1}}}\n",
            32 * heads, heads));
    const auto path = folder.write(
        "run.yaml", fmt::format("kind: experiment\naccelerator: {0}/configs/accelerators/edge16-posit8.yaml\n"
                                "workload: {1}\ncosts: {0}/configs/costs/unit.yaml\n"
                                "phase: {{kind: encode, sequence: 1}}\n",
                                OCTET_SOURCE_DIR, trace));
    return document({"run", path, "--set", "sram.ports=8"});  // no bank conflicts
}

TEST(Rope, TakesFourPassesOverHalfOfEachHead) {
    const Folder folder;
    const auto one = run_rope(folder, 1), two = run_rope(folder, 2);
    EXPECT_EQ(one["energy"]["components"]["vector"], 3 * 512) << "two products and an addition a value";
    EXPECT_EQ(two["energy"]["components"]["vector"], 3 * 1024);
    // A vector each: 16 rows, 4 passes. The last one drains: the pipeline's latency, a decoder, an encoder.
    EXPECT_EQ(one["cycles"]["units"]["vector"]["busy"], 4 * 16 + 4 + 1 + 1);
    EXPECT_EQ(two["cycles"]["units"]["vector"]["busy"], 2 * 4 * 16 + 4 + 1 + 1);
}

}  // namespace
}  // namespace octet::test
