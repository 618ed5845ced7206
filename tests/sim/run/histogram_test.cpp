#include "sim/run/histogram.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "models/formats/registry.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

Graph graph_of(std::vector<std::string> names) {
    Graph graph;
    for (auto& name : names) graph.tensors.push_back({std::move(name), TensorRole::input, 1, 1, 1});
    return graph;
}

TensorHistogram histogram(const char* format, const std::vector<double>& values) {
    const Graph graph = graph_of({"x"});
    const FormatInfo& info = *find_format(format);
    std::vector<Code> codes;
    for (const double value : values) codes.push_back(info.encode(value, info.overflow));
    CodeCounter counter(graph);
    counter.add(0, info, codes);
    return counter.histograms({}).at(0);
}

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

TEST(Histogram, CountsCodesInTheOrderOfTheirValues) {
    const auto h = histogram("posit8_1", {1, -4096, 1, 0, 1e9, nan, -1, 1});
    std::vector<std::pair<Code, std::uint64_t>> bins;
    for (const HistogramBin& bin : h.bins) bins.emplace_back(bin.code, bin.count);
    EXPECT_THAT(bins, testing::ElementsAre(std::pair(0x81U, 1U), std::pair(0xc0U, 1U), std::pair(0U, 1U),
                                           std::pair(0x40U, 3U), std::pair(0x7fU, 1U), std::pair(0x80U, 1U)));
    EXPECT_EQ(h.values, 8U);
    EXPECT_EQ(h.zeros, 1U);
    EXPECT_EQ(h.saturated, 2U);
    EXPECT_EQ(h.nar, 1U);
    EXPECT_EQ(h.codes_used, 6U);
    EXPECT_DOUBLE_EQ(*h.entropy_bits, 5.0 / 8 * 3 + 3.0 / 8 * std::log2(8.0 / 3));
    EXPECT_EQ(
        to_json(h).dump(),
        R"({"tensor":"x","format":"posit8_1","scale":1.0,"values":8,"codes":256,"codes_used":6,"entropy_bits":)" +
            Json(*h.entropy_bits).dump() +
            R"(,"saturated":2,"zeros":1,"nar":1,"counts":{"0x81":1,"0xc0":1,"0x00":1,"0x40":3,"0x7f":1,"0x80":1}})");
}

TEST(Histogram, OfOneCodeHasNoEntropyAndOfAllCodesAllOfTheirBits) {
    EXPECT_EQ(histogram("e4m3", {3, 3, 3}).entropy_bits, 0.0);
    std::vector<double> all;
    for (int i = -8; i < 8; ++i) all.push_back(i);
    const auto h = histogram("int4", all);
    EXPECT_EQ(h.entropy_bits, 4.0);
    EXPECT_EQ(h.codes_used, 16U);
    EXPECT_EQ(h.saturated, 3U);  // 7, and -7 and -8
}

TEST(Histogram, CountsOctavesOfFormatsOfMoreThanTenBits) {
    for (const char* format : {"bf16", "fp32"}) {
        const auto h = histogram(format, {1, 1.5, 1.9, 2, -3, 0, -0.0, 3.39e38, 1e39, -inf, nan, 0x1p-130});
        std::vector<std::pair<double, std::uint64_t>> bins;
        for (const HistogramBin& bin : h.bins)
            if (!std::isnan(bin.low)) bins.emplace_back(bin.low, bin.count);
        const double largest = 0x1p127;
        EXPECT_THAT(bins,
                    testing::ElementsAre(std::pair(-inf, 1U), std::pair(-2.0, 1U), std::pair(0.0, 2U),
                                         std::pair(0x1p-130, 1U), std::pair(1.0, 3U), std::pair(2.0, 1U),
                                         std::pair(largest, 1U), std::pair(inf, 1U)))
            << format;
        EXPECT_EQ(h.values, 12U);
        EXPECT_EQ(h.zeros, 2U);
        EXPECT_EQ(h.nar, 1U);
        EXPECT_EQ(h.saturated, std::string(format) == "bf16" ? 3U : 2U)
            << "3.39e38 becomes the largest bf16, but no fp32";
        EXPECT_EQ(h.codes_used.has_value(), std::string(format) == "bf16") << format;
        EXPECT_EQ(to_json(h)["octaves"][1].dump(), R"({"from":-2.0,"count":1})");
        EXPECT_EQ(to_json(h)["octaves"][0].dump(), R"({"from":null,"count":1})");
    }
    EXPECT_EQ(histogram("bf16", {1, 1.5, 1.9, 2, -3, 0, -0.0}).codes_used, 7U);
}

TEST(Histogram, AddsUpWhatItSeesOfATensorAndHasItsScale) {
    const Graph graph = graph_of({"a", "b, \"c\"", "unseen"});
    const FormatInfo& int8 = *find_format("int8");
    CodeCounter counter(graph);
    counter.add(1, int8, std::vector<Code>{0xff, 3});
    counter.add(0, *find_format("e2m1"), std::vector<Code>{0xf});
    counter.add(1, int8, std::vector<Code>{3});
    const auto list = counter.histograms(std::vector<TensorScale>{{2}, {0.25F}, {2}});
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(
        csv_of(list),
        "tensor,format,scale,code,value,count\na,e2m1,1,0xf,-6,1\n\"b, \"\"c\"\"\",int8,0.25,0xff,-0.25,1\n"
        "\"b, \"\"c\"\"\",int8,0.25,0x03,0.75,2\n");
}

TEST(Histogram, OfCodesAroundAZeroPointHasTheirNumbers) {
    const Graph graph = graph_of({"a"});
    CodeCounter counter(graph);
    counter.add(0, *find_format("int8_zp"), std::vector<Code>{0x80, 0x9c, 0x9c, 0x7f, 0x81});
    const auto list = counter.histograms(std::vector<TensorScale>{{0.5F, -100}});
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].zeros, 2U);
    EXPECT_EQ(list[0].saturated, 2U);
    EXPECT_EQ(to_json(list[0])["zero"], -100);
    EXPECT_EQ(csv_of(list),
              "tensor,format,scale,code,value,count\na,int8_zp,0.5,0x80,-14,1\na,int8_zp,0.5,0x81,-13.5,1\n"
              "a,int8_zp,0.5,0x9c,0,2\na,int8_zp,0.5,0x7f,113.5,1\n");
}

}  // namespace
}  // namespace octet
