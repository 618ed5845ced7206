#include "sim/workload/import/onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "sim/config/diagnostics.h"
#include "sim/workload/description.h"
#include "tests/sim/workload/onnx_file.h"
#include "tests/support/program.h"

namespace octet {
namespace {

using test::OnnxFile;
using testing::HasSubstr;

OnnxImport imported(const std::string& bytes, const OnnxOptions& options) {
    return import_onnx(parse_onnx(std::as_bytes(std::span(bytes)), "f.onnx"), options, "f.onnx");
}
OnnxImport imported(const OnnxFile& file, const OnnxOptions& options = {.name = "m"}) {
    return imported(file.bytes(), options);
}
std::string errors(const OnnxFile& file, const OnnxOptions& options = {.name = "m"}) {
    try {
        imported(file, options);
    } catch (const InputError& error) {
        return error.what();
    }
    return {};
}

std::size_t count(const Graph& graph, OperationKind kind) {
    return static_cast<std::size_t>(std::ranges::count(graph.operations, kind, &Operation::kind));
}

const Operation& only(const Graph& graph, OperationKind kind) {
    EXPECT_EQ(count(graph, kind), 1U) << name(kind);
    return *std::ranges::find(graph.operations, kind, &Operation::kind);
}

TransformerDescription described(const test::BertSizes& size) {
    TransformerDescription d;
    d.name = "m";
    d.layers = static_cast<std::uint64_t>(size.layers);
    d.hidden = static_cast<std::uint64_t>(size.hidden);
    d.heads = static_cast<std::uint64_t>(size.heads);
    d.ffn = static_cast<std::uint64_t>(size.ffn);
    d.vocabulary = static_cast<std::uint64_t>(size.vocabulary);
    d.positions = static_cast<std::uint64_t>(size.positions);
    return d;
}

TEST(Onnx, AnExportedEncoderIsThatOfTheDescription) {
    const test::BertSizes size;
    const OnnxOptions options{.name = "m", .dims = {{"batch", 2}, {"sequence", 10}}};
    const auto import = imported(test::bert_file(size), options);
    const Graph wanted = expand(described(size), {.batch = 2, .sequence = 10});
    EXPECT_EQ(import.graph.macs(), wanted.macs());
    EXPECT_EQ(import.graph.parameters(), wanted.parameters());
    for (const auto kind :
         {OperationKind::matmul, OperationKind::softmax, OperationKind::layernorm, OperationKind::gelu,
          OperationKind::scale, OperationKind::mask, OperationKind::copy}) {
        // Positions are added to the words as a mask of all samples is.
        const std::size_t more = kind == OperationKind::mask ? 1 : 0;
        EXPECT_EQ(count(import.graph, kind), count(wanted, kind) + more) << name(kind);
    }
    // Every product as it is there: heads in blocks, biases, transposed keys.
    auto mine = import.graph.operations, theirs = wanted.operations;
    std::erase_if(mine, [](const Operation& o) { return o.kind != OperationKind::matmul; });
    std::erase_if(theirs, [](const Operation& o) { return o.kind != OperationKind::matmul; });
    ASSERT_EQ(mine.size(), theirs.size());
    for (std::size_t i = 0; i < mine.size(); ++i) {
        Operation a = mine[i];
        a.name = theirs[i].name;
        a.inputs = theirs[i].inputs;
        a.output = theirs[i].output;
        EXPECT_TRUE(a == theirs[i]) << mine[i].name << " and " << theirs[i].name;
    }
    ASSERT_EQ(import.notes.size(), 1U);
    EXPECT_THAT(import.notes[0], HasSubstr("are left to the host"));
}

TEST(Onnx, OpenDimensionsMustBeGiven) {
    EXPECT_EQ(errors(test::bert_file(), {.name = "m", .dims = {{"batch", 1}}}),
              "f.onnx: input 'input_ids': dimension 1 is open; give --dim sequence=N");
    EXPECT_EQ(errors(test::bert_file(), {.name = "m", .dims = {{"batch", 1}, {"sequence", 8}, {"time", 3}}}),
              "f.onnx: --dim time: no input has an open dimension of this name");
    EXPECT_THAT(errors(test::bert_file(), {.name = "m", .dims = {{"batch", 1}, {"sequence", 64}}}),
                HasSubstr("shapes do not fit"));
}

TEST(Onnx, EverySpellingOfAnActivationIsOneOperation) {
    const auto kind_of = [](auto&& write) {
        OnnxFile file;
        file.input("x", {"4", "8"}, true);
        file.output(write(file));
        const auto import = imported(file);
        EXPECT_EQ(import.graph.operations.size(), 1U);
        return import.graph.operations.front().kind;
    };
    const auto half = [](OnnxFile& f) { return f.number(0.5); };
    const auto plus = [](OnnxFile& f, const std::string& x) { return f.node("Add", {f.number(1), x}); };
    const auto erf = [](OnnxFile& f) { return f.node("Erf", {f.node("Mul", {"x", f.number(0.70710678)})}); };
    EXPECT_EQ(kind_of([&](OnnxFile& f) { return test::erf_gelu(f, "x"); }), OperationKind::gelu);
    EXPECT_EQ(kind_of([&](OnnxFile& f) {
                  return f.node("Mul", {f.node("Mul", {half(f), "x"}), plus(f, erf(f))});
              }),
              OperationKind::gelu);
    EXPECT_EQ(kind_of([&](OnnxFile& f) {
                  return f.node("Mul", {"x", f.node("Mul", {plus(f, erf(f)), half(f)})});
              }),
              OperationKind::gelu);
    EXPECT_EQ(kind_of([&](OnnxFile& f) {
                  const auto cube = f.node("Mul", {f.node("Pow", {"x", f.number(3)}), f.number(0.044715)});
                  const auto inner = f.node("Mul", {f.node("Add", {"x", cube}), f.number(0.79788456)});
                  return f.node("Mul", {f.node("Mul", {"x", half(f)}), plus(f, f.node("Tanh", {inner}))});
              }),
              OperationKind::gelu_tanh);
    EXPECT_EQ(kind_of([&](OnnxFile& f) {
                  return f.node("Mul", {"x", f.node("Sigmoid", {"x"})});
              }),
              OperationKind::silu);
    EXPECT_EQ(kind_of([&](OnnxFile& f) {
                  return f.node("Mul", {"x", f.node("Sigmoid", {f.node("Mul", {"x", f.number(1.702)})})});
              }),
              OperationKind::gelu_sigmoid);
    EXPECT_EQ(kind_of([&](OnnxFile& f) { return f.node("Relu", {"x"}); }), OperationKind::relu);
}

TEST(Onnx, AChainOfWhichSomethingElseIsReadStaysApart) {
    OnnxFile file;
    file.input("x", {"4", "8"}, true);
    const auto inner = file.node("Sigmoid", {"x"});
    file.output(file.node("Mul", {"x", inner}));
    file.output(inner);
    const auto graph = imported(file).graph;
    EXPECT_EQ(count(graph, OperationKind::silu), 0U);
    EXPECT_EQ(count(graph, OperationKind::sigmoid), 1U);
    EXPECT_EQ(count(graph, OperationKind::multiply), 1U);
}

TEST(Onnx, ARootMeanSquareNormIsOneOperation) {
    OnnxFile file;
    file.input("x", {"2", "4", "8"}, true);
    const auto mean =
        file.node("ReduceMean", {file.node("Pow", {"x", file.number(2)})}, {}, {{"axes", {-1}}});
    const auto root = file.node("Sqrt", {file.node("Add", {mean, file.number(1e-6)})});
    const auto unit = file.node("Mul", {"x", file.node("Div", {file.number(1), root})});
    file.output(file.node("Mul", {file.weight("gamma", {8}), unit}));
    const auto graph = imported(file).graph;
    EXPECT_NEAR(only(graph, OperationKind::rmsnorm).epsilon, 1e-6, 1e-12);
    EXPECT_EQ(graph.operations.size(), 1U);
}

// GPT-2: one Gemm for query, key and value, split; a causal Where; the word table once more at the end.
TEST(Onnx, ColumnsThatAreSplitAreProductsOfTheirOwn) {
    OnnxFile file(13);
    file.input("ids", {"1", "6"});
    const auto table = file.weight("wte", {50, 16});
    const auto x = file.node("Gather", {table, "ids"}, "words");
    const auto flat = file.node("Reshape", {x, file.integers({-1, 16})});
    const auto all = file.node(
        "Gemm", {flat, file.weight("c_attn.weight", {16, 48}), file.weight("c_attn.bias", {48})}, "c_attn");
    const auto back = file.node("Reshape", {all, file.integers({1, 6, 48})});
    const auto parts = file.node("Split", {back}, "parts", {{"axis", {2}}, {"split", {16, 16, 16}}}, 3);
    const auto heads = [&](const std::string& y, const OnnxFile::Integers& perm) {
        return file.node("Transpose", {file.node("Reshape", {y, file.integers({1, 6, 4, 4})})}, {},
                         {{"perm", perm}});
    };
    const auto scores =
        file.node("MatMul", {heads(parts, {0, 2, 1, 3}), heads("parts.1", {0, 2, 3, 1})}, "scores");
    const auto causal = file.node("ConstantOfShape", {file.integers({1, 1, 6, 6})});
    const auto seen = file.node(
        "Where", {file.node("Cast", {causal}, {}, {{"to", {9}}}), scores, file.number(-1e4)}, "seen");
    const auto weights = file.node("Softmax", {seen}, "softmax", {{"axis", {3}}});
    const auto context = file.node("MatMul", {weights, heads("parts.2", {0, 2, 1, 3})}, "context");
    const auto joined = file.node("Reshape", {file.node("Transpose", {context}, {}, {{"perm", {0, 2, 1, 3}}}),
                                              file.integers({1, 6, 16})});
    file.output(
        file.node("MatMul", {joined, file.node("Transpose", {table}, {}, {{"perm", {1, 0}}})}, "logits"));
    const auto import = imported(file);
    EXPECT_EQ(import.graph.macs(), 6U * 16 * 48 + 2U * 4 * 6 * 6 * 4 + 6U * 16 * 50);
    // The table is there once.
    EXPECT_EQ(import.graph.parameters(), 50U * 16 + 16 * 48 + 48);
    EXPECT_EQ(only(import.graph, OperationKind::mask).heads, 1U);
    const auto last = std::ranges::find(import.graph.operations, "logits", &Operation::name);
    ASSERT_NE(last, import.graph.operations.end());
    EXPECT_TRUE(last->transpose_b);
}

TEST(Onnx, AnAttentionThatSharesHeadsReadsBlocksThatAreShared) {
    OnnxFile file;
    file.input("query", {"2", "5", "4", "8"}, true);
    file.input("key", {"2", "5", "2", "8"}, true);
    const auto query = file.node("Transpose", {"query"}, {}, {{"perm", {0, 2, 1, 3}}});
    const auto key = file.node("Transpose", {"key"}, {}, {{"perm", {0, 2, 1, 3}}});
    const auto repeated = file.node(
        "Expand", {file.node("Unsqueeze", {key, file.integers({2})}), file.integers({2, 2, 2, 5, 8})});
    const auto wide = file.node("Reshape", {repeated, file.integers({2, 4, 5, 8})});
    file.output(
        file.node("MatMul", {query, file.node("Transpose", {wide}, {}, {{"perm", {0, 1, 3, 2}}})}, "scores"));
    const auto import = imported(file);
    const auto& scores = import.graph.operations.back();
    EXPECT_EQ(scores.macs(), 2U * 4 * 5 * 5 * 8);
}

TEST(Onnx, PatchesAreAProductOfWindowsAndAClassTokenComesBefore) {
    OnnxFile file;
    file.input("pixels", {"2", "3", "32", "48"}, true);
    const auto patches =
        file.node("Conv", {"pixels", file.weight("filters", {20, 3, 16, 16}), file.weight("shift", {20})},
                  "patches", {{"strides", {16, 16}}});
    const auto rows = file.node("Transpose", {file.node("Reshape", {patches, file.integers({2, 20, -1})})},
                                {}, {{"perm", {0, 2, 1}}});
    const auto first = file.node("Expand", {file.weight("class", {1, 1, 20}), file.integers({2, 1, 20})});
    const auto all = file.node("Concat", {first, rows}, "all", {{"axis", {1}}});
    const auto placed = file.node("Add", {all, file.weight("places", {1, 7, 20})}, "placed");
    file.output(file.node("Gather", {placed, file.integers({0}, true)}, "first", {{"axis", {1}}}));
    file.output(placed);
    const auto import = imported(file);
    EXPECT_EQ(only(import.graph, OperationKind::matmul).macs(), 2U * 2 * 3 * 768 * 20);
    EXPECT_EQ(only(import.graph, OperationKind::prepend).m, 7U);
    EXPECT_EQ(import.graph.parameters(), 20U * 768 + 20 + 20 + 7 * 20);
    EXPECT_EQ(import.graph.operations.size(), 3U);
    EXPECT_THAT(import.notes.at(0), HasSubstr("1 tensors of 9216 values go through DRAM"));
}

TEST(Onnx, WhatCannotBeReadInPlaceIsCopiedAndCounted) {
    OnnxFile file;
    file.input("x", {"2", "6", "8"}, true);
    const auto y = file.node("Relu", {"x"}, "relu");
    // The second row of each sample: the machine moves it; columns go through DRAM.
    const auto row = file.node("Gather", {y, file.integers({1}, true)}, {}, {{"axis", {1}}});
    file.output(file.node("Tanh", {row}, "tanh"));
    const auto columns = file.node("Slice", {y, file.integers({2}), file.integers({5}), file.integers({2})});
    file.output(file.node("Sigmoid", {columns}, "sigmoid"));
    const auto import = imported(file);
    const auto& copy = only(import.graph, OperationKind::copy);
    EXPECT_EQ(copy.batch, 2U);
    EXPECT_EQ(copy.m, 1U);
    EXPECT_EQ(copy.first, 1U);
    const auto& sigmoid = only(import.graph, OperationKind::sigmoid);
    const Tensor& carried = import.graph.tensors[sigmoid.inputs[0]];
    EXPECT_EQ(carried.role, TensorRole::input);
    ASSERT_NE(carried.after, no_tensor);
    EXPECT_EQ(import.graph.tensors[carried.after].name, "relu");
    EXPECT_EQ(import.notes.at(0), "1 tensors of 36 values go through DRAM to be laid out otherwise");
}

TEST(Onnx, UnknownOperatorsAreErrorsOrCountedPasses) {
    OnnxFile file;
    file.input("x", {"4", "8"}, true);
    const auto sine = file.node("Sin", {"x"}, "wave");
    const auto root = file.node("Exp", {sine}, "power");
    const auto most = file.node("ReduceMax", {root}, "most", {{"axes", {-1}}});
    file.output(most);
    EXPECT_EQ(
        errors(file),
        "f.onnx: node 'wave' (Sin): unknown operator; --approximate counts a pass over its values\n"
        "f.onnx: node 'power' (Exp): unknown operator; --approximate counts a pass over its values\n"
        "f.onnx: node 'most' (ReduceMax): unknown operator; --approximate counts a pass over its values");
    const auto import = imported(file, {.name = "m", .dims = {}, .approximate = true});
    std::uint64_t passed = 0;
    for (const auto& operation : import.graph.operations) passed += operation.elements();
    EXPECT_EQ(passed, 3U * 32);
    EXPECT_THAT(import.notes, testing::Contains("approximated: 1 of Sin as passes over 32 values"));
}

TEST(Onnx, WrongGraphsAreRefusedWithTheNode) {
    const auto with = [](auto&& write) {
        OnnxFile file;
        file.input("x", {"4", "8"}, true);
        file.output(write(file));
        return errors(file);
    };
    EXPECT_THAT(with([](OnnxFile& f) { return f.node("Relu", {"y"}, "n"); }),
                HasSubstr("f.onnx: node 'n' (Relu): reads 'y', which no node before it makes"));
    EXPECT_THAT(with([](OnnxFile& f) {
                    return f.node("MatMul", {"x", f.weight("w", {9, 3})}, "n");
                }),
                HasSubstr("node 'n' (MatMul): sums of 8 and of 9 values"));
    EXPECT_THAT(with([](OnnxFile& f) {
                    return f.node("Softmax", {"x"}, "n", {{"axis", {0}}});
                }),
                HasSubstr("node 'n' (Softmax): not over the last dimension"));
    EXPECT_THAT(with([](OnnxFile& f) {
                    return f.node("Transpose", {"x"}, "n", {{"perm", {0, 0}}});
                }),
                HasSubstr("a dimension twice"));
    EXPECT_THAT(with([](OnnxFile& f) {
                    return f.node("Reshape", {"x", f.integers({5, 5})}, "n");
                }),
                HasSubstr("32 values in a shape of 25"));
    EXPECT_THAT(with([](OnnxFile&) { return "x"; }), HasSubstr("no output of the graph is made"));
    EXPECT_THAT(errors(OnnxFile()), HasSubstr("no output"));
    const std::string text = "not a graph";
    EXPECT_THROW(imported(text, {.name = "m"}), InputError);
    EXPECT_THROW(imported(std::string(), {.name = "m"}), InputError);
}

// Bytes changed anywhere: a sound graph, or an error.
TEST(Onnx, BrokenFilesAreRefusedOrRead) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(given));
    SCOPED_TRACE("OCTET_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string good = test::bert_file().bytes();
    const OnnxOptions options{.name = "m", .dims = {{"batch", 1}, {"sequence", 4}}, .approximate = true};
    for (int i = 0; i < 400; ++i) {
        std::string bytes = good;
        if (i % 4 == 0) bytes.resize(random() % bytes.size());
        for (unsigned k = random() % 4; k-- > 0 && !bytes.empty();)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        try {
            EXPECT_TRUE(faults(imported(bytes, options).graph).empty());
        } catch (const InputError& error) {
            EXPECT_STRNE(error.what(), "");
        }
    }
}

TEST(OnnxImport, WritesATraceThatRuns) {
    const auto file = test::scratch_file("encoder.onnx", test::bert_file().bytes());
    const auto trace = test::scratch_folder() + "/encoder.yaml";
    const auto run = test::run_octet(
        {"workload", "import", file, "--dim", "batch=1", "--dim", "sequence=16", "--out", trace});
    ASSERT_EQ(run.exit, 0) << run.err;
    EXPECT_EQ(run.out, "");
    const auto simulated =
        test::run_octet({"run", OCTET_SOURCE_DIR "/configs/experiments/bert-base-edge16-posit8.yaml", "--set",
                         "workload=" + trace, "--values", "exact"},
                        test::patient);
    EXPECT_EQ(simulated.exit, 0) << simulated.err;
    const auto open = test::run_octet({"workload", "import", file});
    EXPECT_EQ(open.exit, 1);
    EXPECT_EQ(open.out, "");
    EXPECT_THAT(open.err, HasSubstr("give --dim batch=N"));
    EXPECT_EQ(test::run_octet({"workload", "import", file, "--dim", "batch"}).exit, 2);
    EXPECT_EQ(test::run_octet({"workload", "import", file, "--head", "lm"}).exit, 1);
}

}  // namespace
}  // namespace octet
