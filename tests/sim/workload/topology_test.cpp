// Topology tables: what their rows mean, and where what is wrong with them is reported.
#include "sim/workload/topology.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "sim/config/csv.h"
#include "sim/config/yaml.h"
#include "sim/workload/load.h"
#include "sim/workload/trace.h"

namespace octet {
namespace {

Graph graph_of(const std::string& text) {
    Diagnostics diagnostics;
    Graph graph = read_topology(parse_csv(text, "folder/net.csv"), diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    EXPECT_TRUE(faults(graph).empty());
    return graph;
}

std::string errors(const std::string& text) {
    Diagnostics diagnostics;
    try {
        read_topology(parse_csv(text, "t.csv"), diagnostics);
    } catch (const InputError& error) {
        return error.diagnostics().text();
    }
    return diagnostics.text();
}

const std::string gemm = "Layer, M, N, K,\n";
const std::string conv =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n";

std::string conv_errors(const std::string& row) {
    return errors(conv + row + "\n");
}

using Shape = std::array<std::uint64_t, 4>;
Shape shape(const Operation& o) {
    return {o.batch, o.m, o.n, o.k};
}

TEST(Topology, TakesAProductFromEachRow) {
    const Graph graph = graph_of(gemm + "up, 7, 13, 17,\ndown, 7, 17, 13,\n");
    EXPECT_EQ(graph.name, "net");
    ASSERT_EQ(graph.operations.size(), 2U);
    EXPECT_EQ(graph.operations[0].name, "up");
    EXPECT_EQ(shape(graph.operations[0]), (Shape{1, 7, 13, 17}));
    EXPECT_EQ(shape(graph.operations[1]), (Shape{1, 7, 17, 13}));
    EXPECT_EQ(graph.macs(), 2U * 7 * 13 * 17);
    EXPECT_EQ(graph.parameters(), 2U * 13 * 17);
}

TEST(Topology, ReadsEachInputFromDramAfterTheProductBeforeIsThere) {
    const Graph graph = graph_of(gemm + "up, 7, 13, 17,\ndown, 7, 17, 13,\nlast, 2, 2, 2,\n");
    for (std::size_t i = 0; i < graph.operations.size(); ++i) {
        const Operation& o = graph.operations[i];
        const Tensor &input = graph.tensors[o.inputs[0]], &weight = graph.tensors[o.inputs[1]];
        EXPECT_EQ(input.name, o.name + ".ifmap");
        EXPECT_EQ(input.role, TensorRole::input);
        EXPECT_EQ(input.after, i == 0 ? no_tensor : graph.operations[i - 1].output);
        EXPECT_EQ(weight.name, o.name + ".filter");
        EXPECT_EQ(weight.role, TensorRole::weight);
        EXPECT_EQ(weight.after, no_tensor);
        EXPECT_EQ(graph.tensors[o.output].role, TensorRole::output);
    }
}

TEST(Topology, LaysOutTheWindowsOfAConvolutionRowByRow) {
    // 6 x 5 windows of 3 x 2 x 4 values each.
    EXPECT_EQ(shape(graph_of(conv + "c, 8, 6, 3, 2, 4, 9, 1,\n").operations[0]), (Shape{1, 30, 9, 24}));
    // A fully connected layer.
    EXPECT_EQ(shape(graph_of(conv + "fc, 1, 1, 1, 1, 2048, 1000, 1,\n").operations[0]),
              (Shape{1, 1, 1000, 2048}));
}

TEST(Topology, LetsTheLastWindowReachBeyondTheInput) {
    // Windows begin at 0, 4, ..., 216 of 224; the last ends at 226. 55 x 55 of them, 11 x 11 x 3 values each.
    EXPECT_EQ(shape(graph_of(conv + "c, 224, 224, 11, 11, 3, 96, 4,\n").operations[0]),
              (Shape{1, 55 * 55, 96, 363}));
    // Where strides end with the input: 0, 2, 4 of 7, filter 3.
    EXPECT_EQ(shape(graph_of(conv + "c, 7, 7, 3, 3, 1, 1, 2,\n").operations[0]), (Shape{1, 9, 1, 9}));
    // A stride beyond the input leaves one window, or two where the filter does not cover it.
    EXPECT_EQ(shape(graph_of(conv + "c, 7, 7, 7, 3, 1, 1, 100,\n").operations[0]), (Shape{1, 2, 1, 21}));
}

TEST(Topology, CountsWindowsAsOneByOneStepsDo) {
    const char* given = std::getenv("OCTET_SEED");
    const std::uint64_t seed = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
    std::cout << "OCTET_SEED=" << seed << "\n";
    std::mt19937_64 random(seed);
    const auto from_1_to = [&](std::uint64_t n) { return 1 + random() % n; };
    // The first window, and one more for each step until one ends at the input's end or beyond.
    const auto windows = [](std::uint64_t input, std::uint64_t filter, std::uint64_t stride) {
        std::uint64_t count = 1;
        for (std::uint64_t end = filter; end < input; end += stride) ++count;
        return count;
    };
    const std::string header =
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
        "Stride Height, Stride Width\n";
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t h = from_1_to(40), w = from_1_to(40), fh = from_1_to(h), fw = from_1_to(w);
        const std::uint64_t channels = from_1_to(9), filters = from_1_to(9), sh = from_1_to(8),
                            sw = from_1_to(8);
        std::string row = "c";
        for (const std::uint64_t value : {h, w, fh, fw, channels, filters, sh, sw})
            row += ", " + std::to_string(value);
        EXPECT_EQ(shape(graph_of(header + row).operations[0]),
                  (Shape{1, windows(h, fh, sh) * windows(w, fw, sw), filters, fh * fw * channels}))
            << row;
    }
}

TEST(Topology, GivesEachChannelOfADepthWiseConvolutionAProductOfItsOwn) {
    EXPECT_EQ(shape(graph_of(conv + "block_DP_1, 6, 6, 3, 3, 24, 1, 1,\n").operations[0]),
              (Shape{24, 16, 1, 9}));
}

TEST(Topology, TakesBatches) {
    EXPECT_EQ(shape(graph_of("Layer, M, N, K, Batch,\nheads, 128, 128, 64, 12,\n").operations[0]),
              (Shape{12, 128, 128, 64}));
    std::string header = conv;
    header.replace(header.find("Strides,"), 8, "Strides, Batch Size,");
    EXPECT_EQ(shape(graph_of(header + "c, 4, 4, 1, 1, 3, 5, 1, 7,\n").operations[0]), (Shape{1, 112, 5, 3}));
    EXPECT_EQ(shape(graph_of(header + "c, 4, 4, 1, 1, 3, 5, 1,\n").operations[0]), (Shape{1, 16, 5, 3}));
}

TEST(Topology, TakesTheSpellingsOfTheSimulatorsOwnFiles) {
    const Shape expected{1, 1, 2, 3};
    for (const std::string text :
         {"Layer,M,N,K\na,1,2,3", "Layer Name, M, N, K,\na, 1, 2, 3,\n",
          "LAYER  NAME ,m,n,k,\n\ta\t,1 ,\t2,3,\n", "Layer,M,N,K,\r\na,1,2,3,\r\n\r\n,,,,\r\n",
          "\xEF\xBB\xBFLayer,M,N,K,\na,1,2,3,#comment, with a comma\n", "Layer,M,N,K,Sparsity\na,1,2,3,1:1\n",
          "Layer,M,N,K,Sparsity Ratio,\na,1,2,3,1,\n"})
        EXPECT_EQ(shape(graph_of(text).operations.at(0)), expected) << text;
    EXPECT_EQ(shape(graph_of("Layer name,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num "
                             "filter,Stride height,Stride width,\nc,9,9,3,3,1,2,3,2,\n")
                        .operations[0]),
              (Shape{1, 12, 2, 9}));
}

TEST(Topology, RefusesHeadersItDoesNotKnow) {
    EXPECT_EQ(errors("a,b\n"),
              "t.csv:1:1: expected column 1 to be Layer name, got 'a'\n"
              "t.csv:1:3: expected column 2 to be M or IFMAP Height, got 'b'\n"
              "t.csv:1:1: IFMAP Width: missing column\n"
              "t.csv:1:1: Filter Height: missing column\n"
              "t.csv:1:1: Filter Width: missing column\n"
              "t.csv:1:1: Channels: missing column\n"
              "t.csv:1:1: Num Filter: missing column");
    EXPECT_EQ(errors("Layer, M, K, N,\nx,1,2,3,\n"),
              "t.csv:1:11: expected column 3 to be N, got 'K'\n"
              "t.csv:1:14: expected column 4 to be K, got 'N'");
    EXPECT_EQ(errors("Layer, M, N\n"), "t.csv:1:1: K: missing column");
    EXPECT_EQ(errors("Layer, M, N, K, Target\nx,1,2,3,GPU\n"),
              "t.csv:1:17: Target: unknown column, expected Batch Size, Sparsity or none");
    EXPECT_EQ(errors("Layer, M, N, K, Batch, Batch Size\n"),
              "t.csv:1:24: Batch Size: a column that stands here twice");
    EXPECT_EQ(errors("Layer, M, N, K, M\n"),
              "t.csv:1:17: M: unknown column, expected Batch Size, Sparsity or none");
    EXPECT_EQ(
        errors("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter\n"),
        "t.csv:1:1: Strides: missing column");
    EXPECT_EQ(
        errors("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
               "Stride Height\n"),
        "t.csv:1:1: Stride Width: missing column");
}

TEST(Topology, RefusesValuesWhereTheyStand) {
    EXPECT_EQ(errors(gemm + "x, 7, 1.5, 3,\n"),
              "t.csv:2:7: N: expected an integer from 1 to 16777216, got '1.5'");
    EXPECT_EQ(errors(gemm + "x, 0, -1, 1e3,\n"),
              "t.csv:2:4: M: expected an integer from 1 to 16777216, got '0'\n"
              "t.csv:2:7: N: expected an integer from 1 to 16777216, got '-1'\n"
              "t.csv:2:11: K: expected an integer from 1 to 16777216, got '1e3'");
    EXPECT_EQ(errors(gemm + "x, 16777217, 99999999999999999999, 010,\n"),
              "t.csv:2:4: M: expected an integer from 1 to 16777216, got '16777217'\n"
              "t.csv:2:14: N: expected an integer from 1 to 16777216, got '99999999999999999999': it does "
              "not fit 64 bits\n"
              "t.csv:2:36: K: expected an integer from 1 to 16777216, got '010': a leading zero is ambiguous "
              "(octal or decimal)");
    EXPECT_EQ(errors(gemm + "x, 7,\n"), "t.csv:2:6: N: missing value\nt.csv:2:1: K: missing value");
    EXPECT_EQ(errors(gemm + ", 7, 7, 7,\n"), "t.csv:2:1: Layer name: missing value");
    EXPECT_EQ(errors(gemm + "x, 7, 7, 7, 7\n"), "t.csv:2:13: '7' stands in no column");
    EXPECT_EQ(errors(gemm + "x, 7, 7, 7,, 7\n"), "t.csv:2:14: '7' stands in no column");
    EXPECT_EQ(errors(gemm + "x, 7, 7, 7,\n\ny,1,1,1\nx, 7, 7, 7,\n"),
              "t.csv:5:1: Layer name: 'x' is the name of line 2 too");
    EXPECT_EQ(errors("Layer,M,N,K,Sparsity\nx,1,1,1,2:4\n"),
              "t.csv:2:9: Sparsity: expected 1:1, got '2:4': sparse weights cannot be simulated");
    EXPECT_EQ(errors(gemm + "\"x\", 7, 7, 7,\n"), "t.csv:2:1: a quote; cells are plain text");
    EXPECT_EQ(errors(gemm), "t.csv:1:1: no rows below the header");
}

TEST(Topology, RefusesFiltersLargerThanTheirInput) {
    EXPECT_EQ(conv_errors("c, 3, 3, 4, 5, 1, 1, 1,"),
              "t.csv:2:10: Filter Height: expected at most the 3 of IFMAP Height, got 4\n"
              "t.csv:2:13: Filter Width: expected at most the 3 of IFMAP Width, got 5");
}

TEST(Topology, RefusesProductsBeyondAllMeasure) {
    EXPECT_EQ(conv_errors("c, 16777216, 16777216, 1, 1, 1, 1, 1,"), "t.csv:2:1: 'c': more than 2^40 windows");
    EXPECT_EQ(conv_errors("c, 16777216, 16777216, 16777216, 16777216, 16777216, 1, 1,"),
              "t.csv:2:1: 'c': more than 2^40 values of a window");
    EXPECT_EQ(conv_errors("c, 1048576, 1048576, 1, 1, 2, 1, 1,"),
              "t.csv:2:1: 'c.ifmap' has more than 2^40 values");
    EXPECT_EQ(errors(gemm + "x, 16777216, 16777216, 16777216,\n").substr(0, 11), "t.csv:2:1: ");
    // 2^40 windows of a batch of 2^24 do not wrap to none.
    EXPECT_EQ(errors("Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num "
                     "Filter,Strides,Batch\nc,1048576,1048576,1,1,1,1,1,16777216\n"),
              "t.csv:2:1: 'c': more than 2^40 windows");
}

TEST(Topology, RefusesBytesAndSizesThatNoTableNeeds) {
    using namespace std::string_literals;
    EXPECT_EQ(errors(""), "t.csv:1:1: an empty file, expected a row of names");
    EXPECT_EQ(errors("\n \n,,,\n# nothing\n"), "t.csv:1:1: an empty file, expected a row of names");
    EXPECT_EQ(errors(gemm + "x\0, 1, 1, 1\n"s), "t.csv:2:2: a NUL byte");
    EXPECT_EQ(errors(gemm + "\xE4, 1, 1, 1\n"), "t.csv:2:1: the byte 0xe4 is not valid UTF-8");
    EXPECT_EQ(errors(gemm + "x, 1, 1, 1\ry, 1, 1, 1\n"), "t.csv:2:11: a carriage return without a line feed");
    EXPECT_EQ(errors("Layer" + std::string(100, ',')), "t.csv:1:70: more than 64 cells in a row");
    std::string rows = gemm;
    for (int i = 0; i < 10'001; ++i) rows += "r" + std::to_string(i) + ",1,1,1,\n";
    EXPECT_EQ(errors(rows), "t.csv:10002:1: more than 10000 rows below the header");
    EXPECT_EQ(errors(rows.substr(0, rows.rfind('r'))), "");
}

TEST(Topology, HasNoKeysToSet) {
    Node table = parse_csv(gemm + "x, 1, 1, 1\n", "t.csv");
    table.entries.push_back({"name", location_in("--set workload.name=x"), {}});
    Diagnostics diagnostics;
    read_topology(table, diagnostics);
    EXPECT_EQ(diagnostics.text(), "--set workload.name=x: name: a table has no keys to set");
}

TEST(Topology, MutatedIsReadOrRefusedWithAPlace) {
    const char* given = std::getenv("OCTET_SEED");
    const std::uint64_t seed = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
    std::cout << "OCTET_SEED=" << seed << "\n";
    std::mt19937_64 random(seed);
    const std::vector<std::string> texts{gemm + "a, 7, 13, 17,\nb, 1, 2, 3,\n",
                                         conv + "c, 8, 6, 3, 2, 4, 9, 1,\nd_DP, 8, 8, 3, 3, 4, 1, 2,\n"};
    constexpr std::string_view pieces[] = {",", "\n",       "\r",    "#",        "\"",   "\t",
                                           " ", "0",        "-",     "99999999", "\xFF", "Layer",
                                           "M", "Sparsity", "Batch", "1:1",      ""};
    for (int i = 0; i < 3000; ++i) {
        std::string text = texts[random() % texts.size()];
        for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
            const std::size_t at = random() % (text.size() + 1);
            text.replace(at, std::min<std::size_t>(random() % 4, text.size() - at),
                         pieces[random() % std::size(pieces)]);
        }
        SCOPED_TRACE(text);
        Diagnostics diagnostics;
        Graph graph;
        try {
            graph = read_topology(parse_csv(text, "t.csv"), diagnostics);
        } catch (const InputError& error) {
            diagnostics = error.diagnostics();
            ASSERT_FALSE(diagnostics.empty());
        }
        ASSERT_TRUE(!diagnostics.empty() || faults(graph).empty());
        for (const auto& diagnostic : diagnostics.all())
            ASSERT_GT(diagnostic.where.line, 0U) << to_string(diagnostic);
    }
}

TEST(ShippedTopology, IsReadAndWrittenAsATraceOfTheSameGraph) {
    const std::string folder = OCTET_SOURCE_DIR "/workloads/topologies/";
    const Graph layer = load_workload(folder + "transformer-layer.csv", {}).graph;
    EXPECT_EQ(layer.name, "transformer-layer");
    EXPECT_EQ(layer.macs(), 128U * (4 * 256 * 256 + 2 * 128 * 64 + 2 * 256 * 1024));
    const Graph net = load_workload(folder + "small-conv.csv", {}).graph;
    EXPECT_EQ(net.macs(),
              32U * 32 * 16 * 27 + 17U * 17 * 32 * 144 + 256U * 64 * 32 + 7U * 8 * 32 * 15 * 64 + 320);
    for (const Graph& graph : {layer, net}) {
        Diagnostics diagnostics;
        EXPECT_EQ(read_trace(parse_yaml(write_trace(graph), "t.yaml"), diagnostics), graph);
        EXPECT_EQ(diagnostics.text(), "");
    }
}

}  // namespace
}  // namespace octet
