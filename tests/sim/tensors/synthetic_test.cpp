#include "sim/tensors/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/workload/tokens.h"

namespace octet {
namespace {

struct Moments {
    double mean = 0, variance = 0, kurtosis = 0, beyond3 = 0;
};

template <class F>
Moments moments(F number) {
    constexpr std::uint64_t count = 1 << 20;
    Moments m;
    double squares = 0, fourth = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const double x = number(scatter(i));
        m.mean += x / count;
        squares += x * x / count;
        fourth += x * x * x * x / count;
        m.beyond3 += (std::fabs(x) > 3) / static_cast<double>(count);
    }
    m.variance = squares - m.mean * m.mean;
    m.kurtosis = fourth / (squares * squares);
    return m;
}

TEST(SyntheticNumbers, HaveTheMomentsOfTheirDistribution) {
    const Moments normal = moments(gaussian), wide = moments(laplace), flat = moments(uniform);
    for (const Moments& m : {normal, wide, flat}) {
        EXPECT_NEAR(m.mean, 0, 0.005);
        EXPECT_NEAR(m.variance, 1, 0.01);
    }
    EXPECT_NEAR(normal.kurtosis, 3, 0.03);
    EXPECT_NEAR(wide.kurtosis, 6, 0.2);
    EXPECT_NEAR(flat.kurtosis, 1.8, 0.01);
    EXPECT_NEAR(normal.beyond3, 0.0027, 0.0002);
}

TEST(SyntheticNumbers, AreQuantilesInOrderFromEndToEnd) {
    EXPECT_LT(gaussian(0), -8);  // of 2^-65
    EXPECT_EQ(gaussian(0), -gaussian(~std::uint64_t{0}));
    double before = gaussian(0);
    for (std::uint64_t i = 1; i < 4096; ++i) {
        const double x = gaussian(i << 52U);
        EXPECT_GT(x, before) << i;
        before = x;
    }
    // Where the table meets the exact tail.
    const double inside = gaussian(std::uint64_t{1} << 48U),
                 outside = gaussian((std::uint64_t{1} << 48U) - 1);
    EXPECT_NEAR(inside, outside, 1e-9);
    EXPECT_NEAR(gaussian(std::uint64_t{1} << 63U), 0, 1e-15);
    // Of probability 0.975, from a table of the normal distribution.
    EXPECT_NEAR(gaussian(static_cast<std::uint64_t>(0.975 * 0x1p64)), 1.959963985, 1e-6);
}

Graph product(std::uint64_t k) {
    Graph graph;
    graph.tensors = {{"a", TensorRole::input, 1, 64, k},
                     {"b", TensorRole::weight, 1, k, 96},
                     {"c", TensorRole::output, 1, 64, 96}};
    Operation op;
    op.name = "product";
    op.inputs = {0, 1};
    op.output = 2;
    op.m = 64, op.n = 96, op.k = k;
    graph.operations = {op};
    return graph;
}

double deviation(const std::vector<double>& values) {
    double squares = 0;
    for (const double x : values) squares += x * x;
    return std::sqrt(squares / static_cast<double>(values.size()));
}

TEST(SyntheticTensors, KeepTheSizeOfActivations) {
    const auto tensors = synthetic_tensors(product(256), {}, 3);
    EXPECT_NEAR(deviation(tensors[0]), 1, 0.03);
    EXPECT_NEAR(deviation(tensors[1]), 1.0 / 16, 0.002);
    EXPECT_TRUE(tensors[2].empty());
}

TEST(SyntheticTensors, HaveAsManyOutliersAsAskedFor) {
    SyntheticInputs inputs;
    inputs.distribution = "uniform";
    inputs.outlier_rate = 0.01;
    inputs.outlier_scale = 50;
    const auto tensors = synthetic_tensors(product(256), inputs, 3);
    double outliers = 0;
    for (const double x : tensors[0]) outliers += std::fabs(x) > 2;  // uniform ones end at 1.73
    EXPECT_NEAR(outliers / static_cast<double>(tensors[0].size()), 0.01, 0.003);
}

TEST(SyntheticTensors, DependOnSeedAndNameAloneWhateverTheThreads) {
    const Graph graph = product(256);
    const auto one = synthetic_tensors(graph, {}, 3, 1);
    EXPECT_EQ(one, synthetic_tensors(graph, {}, 3, 4));
    EXPECT_NE(one[0], synthetic_tensors(graph, {}, 4)[0]);
    Graph more = graph;
    more.tensors.insert(more.tensors.begin(), {"first", TensorRole::weight, 1, 3, 3});
    more.operations[0].inputs = {1, 2};
    more.operations[0].output = 3;
    EXPECT_EQ(synthetic_tensors(more, {}, 3)[1], one[0]);
}

// Buckets as T5 has them, worked out by hand.
TEST(SyntheticTensors, FillABiasByDistanceFromItsTable) {
    Graph graph;
    graph.name = "biased";
    const std::uint64_t length = 300, buckets = 32;
    graph.tensors = {{"scores", TensorRole::input, 2, length, length},
                     {"bias", TensorRole::input, 2, length, length},
                     {"table", TensorRole::weight, 1, 2, buckets},
                     {"y", TensorRole::output, 2, length, length}};
    Operation mask{.name = "mask", .kind = OperationKind::mask, .inputs = {0, 1}};
    mask.output = 3;
    mask.batch = mask.heads = 2;
    mask.m = mask.n = length;
    mask.table = 2;
    const auto expect = [&](std::uint64_t query, std::uint64_t key, std::uint64_t bucket) {
        graph.operations = {mask};
        validate(graph);
        const SourceTensors tensors = synthetic_tensors(graph, {}, 1);
        for (std::uint64_t head = 0; head < 2; ++head)
            EXPECT_EQ(tensors[1][(head * length + query) * length + key], tensors[2][head * buckets + bucket])
                << query << ' ' << key;
    };
    for (const auto& [distance, bucket] : {std::pair{0U, 0U},
                                           {7U, 7U},
                                           {8U, 8U},
                                           {11U, 8U},
                                           {12U, 9U},
                                           {16U, 10U},
                                           {64U, 14U},
                                           {90U, 14U},
                                           {91U, 15U},
                                           {290U, 15U}}) {
        expect(295, 295 - distance, bucket);
        expect(5, 5 + distance, distance == 0 ? 0 : 16 + bucket);
    }
    mask.causal = CausalMask{};
    for (const auto& [distance, bucket] :
         {std::pair{15U, 15U}, {16U, 16U}, {20U, 17U}, {112U, 30U}, {113U, 31U}, {290U, 31U}}) {
        expect(295, 295 - distance, bucket);
        expect(5, 5 + distance, 0);
    }
}

TEST(SyntheticTensors, FillABiasOfALaterQueryByItsDistance) {
    Graph graph;
    graph.name = "decoded";
    graph.tensors = {{"scores", TensorRole::input, 2, 1, 10},
                     {"bias", TensorRole::input, 2, 1, 10},
                     {"table", TensorRole::weight, 1, 2, 32},
                     {"y", TensorRole::output, 2, 1, 10}};
    Operation mask{.name = "mask", .kind = OperationKind::mask, .inputs = {0, 1}};
    mask.output = 3;
    mask.batch = mask.heads = 2;
    mask.m = 1, mask.n = 10;
    mask.table = 2;
    mask.first = 9;
    mask.causal = CausalMask{};
    graph.operations = {mask};
    validate(graph);
    const SourceTensors tensors = synthetic_tensors(graph, {}, 1);
    for (std::uint64_t key = 0; key < 10; ++key) EXPECT_EQ(tensors[1][10 + key], tensors[2][32 + 9 - key]);
}

}  // namespace
}  // namespace octet
