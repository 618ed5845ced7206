#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <random>

#include "sim/config/yaml.h"
#include "sim/workload/builder.h"
#include "sim/workload/trace.h"
#include "tests/sim/workload/models.h"

namespace octet {
namespace {

Graph reload(const std::string& text) {
    Diagnostics diagnostics;
    auto graph = read_trace(parse_yaml(text, "t.yaml"), diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    return graph;
}

std::string errors(const std::string& text) {
    Diagnostics diagnostics;
    read_trace(parse_yaml(text, "t.yaml"), diagnostics);
    return diagnostics.text();
}

// Tensors a (7 x 17), b (17 x 13), c (7 x 13), bias (1 x 13) from line 4 on; operations from line 9 on.
std::string gemm(const std::string& operations) {
    return "kind: trace\nname: gemm\ntensors:\n"
           "  - {name: a, role: input, rows: 7, cols: 17}\n"
           "  - {name: b, role: weight, rows: 17, cols: 13}\n"
           "  - {name: c, role: output, rows: 7, cols: 13}\n"
           "  - {name: bias, role: weight, rows: 1, cols: 13}\n"
           "operations:\n" +
           operations;
}

TEST(Trace, TakesShapesFromItsTensors) {
    const auto graph = reload(gemm("  - {name: g, kind: matmul, inputs: [a, b], bias: bias, output: c}\n"));
    ASSERT_EQ(graph.operations.size(), 1u);
    const auto& g = graph.operations[0];
    EXPECT_EQ(g.m, 7u);
    EXPECT_EQ(g.n, 13u);
    EXPECT_EQ(g.k, 17u);
    EXPECT_EQ(g.batch, 1u);
    EXPECT_TRUE(g.has_bias);
    EXPECT_EQ(graph.macs(), 7u * 13 * 17);
    EXPECT_EQ(graph.parameters(), 17u * 13 + 13);
}

TEST(Trace, TakesShapesThatAgreeAndRefusesOthers) {
    EXPECT_EQ(errors(gemm(
                  "  - {name: g, kind: matmul, inputs: [a, b], output: c, m: 7, n: 13, k: 17, batch: 1}\n")),
              "");
    EXPECT_EQ(errors(gemm("  - {name: g, kind: matmul, inputs: [a, b], output: c, m: 7, n: 13, k: 18}\n")),
              "t.yaml:9:72: operations[0].k: the tensors give 17, not 18");
}

TEST(Trace, TakesSomeColumnsAndSaysWhatIsWrongWithThem) {
    const auto trace = [](const std::string& columns) {
        return "kind: trace\nname: t\ntensors:\n"
               "  - {name: x, role: input, rows: 7, cols: 5}\n"
               "  - {name: y, role: output, rows: 7, cols: 2}\n"
               "operations:\n  - {name: c, kind: copy, inputs: [x], output: y, columns: " +
               columns + "}\n";
    };
    const auto graph = reload(trace("[1, 4]"));
    EXPECT_EQ(graph.operations[0].columns, (std::vector<std::uint64_t>{1, 4}));
    EXPECT_EQ(reload(write_trace(graph)), graph);
    EXPECT_EQ(errors(trace("[1, 5]")),
              "t.yaml:7:5: operations[0]: 'c': input 'x' is 7 x 5, expected 1 parts of 7 or more rows of 6 "
              "or more");
    EXPECT_EQ(errors(trace("[4, 1]")), "t.yaml:7:5: operations[0]: 'c': its columns do not rise");
    EXPECT_EQ(errors(trace("[1, 2, 3]")), "t.yaml:7:5: operations[0]: 'c': takes 3 columns and makes 2");
    EXPECT_THAT(errors(trace("[1, 2.5]")),
                testing::HasSubstr("operations[0].columns: 2.5 is no whole number"));
}

TEST(Trace, ReportsAnUnknownTensorWhereItIsNamed) {
    EXPECT_EQ(errors(gemm("  - {name: g, kind: matmul, inputs: [a, x], output: c}\n")),
              "t.yaml:9:41: operations[0]: unknown tensor 'x'");
}

TEST(Trace, ReportsAShapeMismatchAtTheOperation) {
    EXPECT_EQ(errors(gemm("  - {name: g, kind: matmul, inputs: [b, a], output: c}\n")),
              "t.yaml:9:5: operations[0]: 'g': first input 'b' is 17 x 13, expected 7 x 13");
}

TEST(Trace, ReportsAUseBeforeProductionAtTheUser) {
    EXPECT_EQ(errors("kind: trace\nname: late\ntensors:\n"
                     "  - {name: x, role: input, rows: 2, cols: 2}\n"
                     "  - {name: y, rows: 2, cols: 2}\n"
                     "  - {name: z, role: output, rows: 2, cols: 2}\n"
                     "operations:\n"
                     "  - {name: second, kind: relu, inputs: [y], output: z}\n"
                     "  - {name: first, kind: relu, inputs: [x], output: y}\n"),
              "t.yaml:8:5: operations[0]: 'second': reads 'y' before 'first' produces it");
}

std::string chain(const std::string& after) {
    return "kind: trace\nname: chain\ntensors:\n"
           "  - {name: x, role: input, rows: 2, cols: 2}\n"
           "  - {name: y, role: output, rows: 2, cols: 2}\n"
           "  - {name: z, role: input, rows: 3, cols: 3, after: " +
           after +
           "}\n"
           "  - {name: w, role: output, rows: 3, cols: 3}\n"
           "operations:\n"
           "  - {name: first, kind: relu, inputs: [x], output: y}\n"
           "  - {name: second, kind: relu, inputs: [z], output: w}\n";
}

TEST(Trace, TakesAnInputThatComesAfterAnOutput) {
    const auto graph = reload(chain("y"));
    EXPECT_EQ(graph.tensors[2].after, 1U);
    EXPECT_EQ(reload(write_trace(graph)), graph);
}

TEST(Trace, RefusesAnInputThatComesAfterWhatIsNotMadeBefore) {
    EXPECT_EQ(errors(chain("u")), "t.yaml:6:53: tensors[2].after: unknown tensor 'u'");
    EXPECT_EQ(errors(chain("x")), "t.yaml:6:5: tensors[2]: 'z' comes after a tensor that is no output");
    EXPECT_EQ(errors(chain("w")),
              "t.yaml:10:5: operations[1]: 'second': reads 'z', which comes after 'w', before 'second' "
              "produces that");
    std::string weight = chain("y");
    weight.replace(weight.find("{name: z, role: input"), 21, "{name: z, role: weight");
    EXPECT_EQ(errors(weight), "t.yaml:6:47: tensors[2].after: only with role input");
}

TEST(Trace, ReportsACircleAsAUseBeforeProduction) {
    EXPECT_EQ(errors("kind: trace\nname: circle\ntensors:\n"
                     "  - {name: y, rows: 2, cols: 2}\n"
                     "  - {name: z, role: output, rows: 2, cols: 2}\n"
                     "operations:\n"
                     "  - {name: there, kind: relu, inputs: [z], output: y}\n"
                     "  - {name: back, kind: relu, inputs: [y], output: z}\n"),
              "t.yaml:7:5: operations[0]: 'there': reads 'z' before 'back' produces it");
}

TEST(Trace, ReportsTwoProducersAtTheSecond) {
    EXPECT_EQ(errors(gemm("  - {name: g, kind: matmul, inputs: [a, b], output: c}\n"
                          "  - {name: h, kind: matmul, inputs: [a, b], output: c}\n")),
              "t.yaml:10:5: operations[1]: 'h': writes 'c', which 'g' produces already");
}

TEST(Trace, ReportsATensorThatNothingProduces) {
    EXPECT_EQ(errors("kind: trace\nname: idle\ntensors:\n"
                     "  - {name: x, role: input, rows: 2, cols: 2}\n"
                     "  - {name: y, rows: 2, cols: 2}\n"
                     "  - {name: z, role: output, rows: 2, cols: 2}\n"
                     "operations:\n"
                     "  - {name: one, kind: relu, inputs: [x], output: z}\n"),
              "t.yaml:5:5: tensors[1]: 'y' has role activation, but no operation produces it");
}

TEST(Trace, ReportsAllFaultsOfAFileAtOnce) {
    EXPECT_EQ(errors(gemm("  - {name: g, kind: matmul, inputs: [a, x], output: c}\n"
                          "  - {name: g, kind: matmul, inputs: [b, a], output: d}\n"
                          "  - {name: h, kind: relu, inputs: [a], output: c, m: 3}\n")),
              "t.yaml:9:41: operations[0]: unknown tensor 'x'\n"
              "t.yaml:10:53: operations[1]: unknown tensor 'd'\n"
              "t.yaml:11:54: operations[2].m: the tensors give 7, not 3\n"
              "t.yaml:11:5: operations[2]: 'h': writes 'c', which 'g' produces already");
}

TEST(Trace, RefusesKeysOfOtherKinds) {
    EXPECT_EQ(errors(gemm("  - {name: g, kind: matmul, inputs: [a, b], output: c, factor: 2}\n")),
              "t.yaml:9:56: operations[0].factor: only with kind scale, an update or clip_factor");
    EXPECT_EQ(errors(gemm("  - {name: g, kind: relu, inputs: [a], output: c, transpose_b: true}\n")),
              "t.yaml:9:51: operations[0].transpose_b: only with kind matmul");
    EXPECT_EQ(errors(gemm("  - {name: g, kind: softmax, inputs: [a], output: c, window: 2}\n")),
              "t.yaml:9:54: operations[0].window: only with causal: true");
}

TEST(Trace, RefusesAnEmptyListOfOperations) {
    EXPECT_EQ(errors("kind: trace\nname: none\ntensors: []\noperations: []\n"),
              "t.yaml:1:1: operations: has no operations");
}

void expect_round_trip(const Graph& graph) {
    const auto text = write_trace(graph);
    const auto again = reload(text);
    EXPECT_EQ(again, graph);
    EXPECT_EQ(write_trace(again), text);
}

TEST(Trace, RoundTripsAnExpandedModel) {
    auto description = bert(2, 24, 3);
    description.epsilon = 1e-5;
    description.head = Head::pooler;
    for (const std::uint64_t batch : {1, 3})
        for (const std::uint64_t sequence : {1, 5})
            expect_round_trip(expand(description, {.batch = batch, .sequence = sequence}));
    description.norm = OperationKind::rmsnorm;
    description.norm_place = NormPlace::pre;
    description.kv_heads = 1;
    description.bias = false;
    expect_round_trip(expand(description, {.batch = 2, .sequence = 7}));
    auto narrow = mobilebert(1, 2);
    narrow.head = Head::classifier;
    expect_round_trip(expand(narrow, {.batch = 3, .sequence = 5}));
    auto decoder = llama(2, 48, 3, 1, 60, 90);
    decoder.window = 4;
    decoder.rotation = {.theta = 5e5, .factor = 32, .original_positions = 64};
    for (const PhaseKind kind : {PhaseKind::encode, PhaseKind::prefill})
        expect_round_trip(expand(decoder, {.kind = kind, .batch = 2, .sequence = 7}));
    expect_round_trip(expand(decoder, {.kind = PhaseKind::decode, .batch = 2, .context = 3, .tokens = 3}));
}

TEST(Trace, RoundTripsNamesThatYamlWouldMisread) {
    GraphBuilder builder("true");
    const auto x = builder.tensor("7", TensorRole::input, 2, 3, 4);
    const auto y = builder.elementwise("- {a: \"b\"} # \\ \xc3\xa4", OperationKind::relu, {x});
    const auto z = builder.scale("Null", y, -0.1);
    builder.mark_output(builder.elementwise("a, b]", OperationKind::multiply, {y, z}));
    expect_round_trip(builder.finish());
}

// Words of a trace and numbers that do not belong where they land.
std::string disturb(const std::string& text, std::mt19937& random) {
    static const std::vector<std::string> words{
        "0",      "1",    "2",       "3",        "6",     "1099511627776", "-1",        "layer0.ffn.up",
        "weight", "true", "softmax", "a_blocks", "heads", "batch",         "embeddings"};
    std::vector<std::pair<std::size_t, std::size_t>> places;
    const auto in_word = [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    };
    for (std::size_t i = text.find("tensors:"); i < text.size(); ++i) {
        if (!in_word(text[i])) continue;
        const auto first = i;
        while (i < text.size() && in_word(text[i])) ++i;
        places.emplace_back(first, i - first);
    }
    const auto [first, length] = places[random() % places.size()];
    return std::string(text).replace(first, length, words[random() % words.size()]);
}

TEST(Trace, IsRefusedWithAPlaceOrSoundWhateverStandsInIt) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto text = write_trace(expand(bert(1, 6, 3), {.batch = 2, .sequence = 2}));
    int accepted = 0;
    for (int i = 0; i < 400; ++i) {
        const auto disturbed = disturb(text, random);
        Diagnostics diagnostics;
        try {
            const auto graph = read_trace(parse_yaml(disturbed, "t.yaml"), diagnostics);
            if (diagnostics.empty()) {
                ++accepted;
                validate(graph);
                expect_round_trip(graph);
            }
        } catch (const InputError& error) {
            diagnostics.append(error.diagnostics());
        }
        for (const auto& diagnostic : diagnostics.all()) ASSERT_GT(diagnostic.where.line, 0u) << disturbed;
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, 200);
}

}  // namespace
}  // namespace octet
