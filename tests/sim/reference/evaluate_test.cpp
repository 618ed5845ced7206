#include "sim/reference/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "sim/reference/product.h"

namespace octet {
namespace {

TEST(DoubleProduct, EqualsThePlainSumInRisingOrderForAnyShapeAndThreads) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 60; ++round) {
        const bool large = round == 0;  // enough work for threads
        const std::size_t m = large ? 150 : 1 + random() % 20, n = large ? 130 : 1 + random() % 40,
                          k = large ? 80 : 1 + random() % 30, a_gap = random() % 3, b_gap = random() % 3;
        std::vector<double> a(m * (k + a_gap)), b(k * (n + b_gap)), c(m * n);
        std::normal_distribution<double> normal;
        for (double& x : a) x = normal(random);
        for (double& x : b) x = normal(random);
        multiply({m, n, k, a.data(), k + a_gap, b.data(), n + b_gap, c.data(), n}, 1 + random() % 4);
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                double sum = 0;
                for (std::size_t l = 0; l < k; ++l) sum += a[i * (k + a_gap) + l] * b[l * (n + b_gap) + j];
                ASSERT_EQ(c[i * n + j], sum) << m << 'x' << n << 'x' << k << ' ' << i << ' ' << j;
            }
    }
}

// A graph of one operation and the values of its inputs.
struct One {
    Graph graph;
    SourceTensors sources;
    Operation op;
    TensorId input(std::uint64_t batch, std::uint64_t rows, std::uint64_t cols, std::vector<double> values) {
        graph.tensors.push_back({"t" + std::to_string(sources.size()), TensorRole::input, batch, rows, cols});
        sources.push_back(std::move(values));
        op.inputs.push_back(static_cast<TensorId>(sources.size() - 1));
        return op.inputs.back();
    }
    std::vector<double> result(std::uint64_t batch, std::uint64_t rows, std::uint64_t cols,
                               std::vector<std::uint64_t> tokens = {}) {
        graph.tensors.push_back({"y", TensorRole::output, batch, rows, cols});
        sources.emplace_back();
        op.name = "op";
        op.output = static_cast<TensorId>(sources.size() - 1);
        graph.operations = {op};
        std::vector<double> seen;
        evaluate(graph, sources, tokens, 1, [&](OperationId, std::span<const double> y) {
            seen.assign(y.begin(), y.end());
            return true;
        });
        return seen;
    }
};

One rows(OperationKind kind, std::uint64_t m, std::uint64_t n, std::vector<double> x) {
    One one;
    one.op.kind = kind;
    one.op.m = m;
    one.op.n = n;
    one.input(1, m, n, std::move(x));
    return one;
}

void expect_near(const std::vector<double>& seen, const std::vector<double>& wanted, double error = 1e-12) {
    ASSERT_EQ(seen.size(), wanted.size());
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_NEAR(seen[i], wanted[i], error) << i;
}

TEST(Reference, ComputesEveryElementwiseOperation) {
    using enum OperationKind;
    const std::vector<double> x{-2, -0.5, 0, 3};
    expect_near(rows(relu, 1, 4, x).result(1, 1, 4), {0, 0, 0, 3});
    expect_near(rows(gelu, 1, 4, x).result(1, 1, 4),
                {-0.0455002638963584, -0.154268769363363, 0, 2.99595030590511});
    expect_near(rows(silu, 1, 4, x).result(1, 1, 4),
                {-0.238405844044235, -0.188770334399073, 0, 2.8577223804673});
    expect_near(rows(OperationKind::tanh, 1, 4, x).result(1, 1, 4),
                {-0.964027580075817, -0.46211715726001, 0, 0.99505475368673});
    expect_near(rows(sigmoid, 1, 4, x).result(1, 1, 4),
                {0.119202922022118, 0.377540668798145, 0.5, 0.952574126822433});
    expect_near(rows(gelu_tanh, 1, 4, x).result(1, 1, 4), {-0.0454023059, -0.154285990, 0, 2.9963627}, 1e-6);
    expect_near(rows(gelu_sigmoid, 1, 4, x).result(1, 1, 4),
                {-2 / (1 + std::exp(3.404)), -0.5 / (1 + std::exp(0.851)), 0, 3 / (1 + std::exp(-5.106))});
    expect_near(rows(hgelu, 1, 4, x).result(1, 1, 4), {0, -0.5 * 2.149 / 6, 0, 3});
    One scaled = rows(scale, 1, 4, x);
    scaled.op.factor = 0.25;
    expect_near(scaled.result(1, 1, 4), {-0.5, -0.125, 0, 0.75});
    for (const auto& [kind, wanted] :
         {std::pair{add, std::vector<double>{8, 9.5, 10, 13}}, {multiply, {-20, -5, 0, 30}}}) {
        One two = rows(kind, 1, 4, x);
        two.input(1, 1, 4, {10, 10, 10, 10});
        expect_near(two.result(1, 1, 4), wanted);
    }
}

TEST(Reference, NormalisesRows) {
    using enum OperationKind;
    const std::vector<double> x{1, 3, 2, 6};
    const auto with = [&](OperationKind kind, bool beta) {
        One one = rows(kind, 2, 2, x);
        one.op.epsilon = 0;
        one.input(1, 1, 2, {2, 10});
        if (beta) one.input(1, 1, 2, {0.5, -1});
        return one.result(1, 2, 2);
    };
    expect_near(with(layernorm, true), {-1.5, 9, -1.5, 9});
    expect_near(with(nonorm, true), {2.5, 29, 4.5, 59});
    const double r = std::sqrt(5.0), s = std::sqrt(20.0);
    expect_near(with(rmsnorm, false), {2 / r, 30 / r, 4 / s, 60 / s});
    const double e = std::exp(-2.0);
    expect_near(rows(softmax, 1, 2, {1, 3}).result(1, 1, 2), {e / (1 + e), 1 / (1 + e)});
}

TEST(Reference, ShowsASoftmaxWhatTheCausalMaskLetsItSee) {
    One one = rows(OperationKind::softmax, 2, 4, {1, 3, 9, 9, 5, 1, 3, 9});
    const double e = std::exp(-2.0);
    one.op.causal = CausalMask{1, 0};
    expect_near(one.result(1, 2, 4),
                {e / (1 + e), 1 / (1 + e), 0, 0, 1 / (1 + std::exp(-4.0) + e),
                 std::exp(-4.0) / (1 + std::exp(-4.0) + e), e / (1 + std::exp(-4.0) + e), 0});
    One narrow = rows(OperationKind::softmax, 2, 4, {1, 3, 9, 9, 5, 1, 3, 9});
    narrow.op.causal = CausalMask{1, 2};
    expect_near(narrow.result(1, 2, 4), {e / (1 + e), 1 / (1 + e), 0, 0, 0, e / (1 + e), 1 / (1 + e), 0});
}

TEST(Reference, TurnsEachHeadByItsAngles) {
    One one;  // two samples of two rows, two heads of four values
    one.op.kind = OperationKind::rope;
    one.op.batch = 4;
    one.op.m = 2;
    one.op.n = 4;
    one.op.heads = one.op.a_blocks = one.op.out_blocks = 2;
    std::vector<double> x(32), wanted(32);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * i % 7) - 2;
    one.input(1, 4, 8, x);
    const std::vector<double> angles{0, 0.5, 1, -2};  // of row 0, of row 1
    std::vector<double> table;
    for (const std::size_t row : {0UL, 1UL}) {
        for (const std::size_t j : {0UL, 1UL}) table.push_back(std::cos(angles[2 * row + j]));
        for (const std::size_t j : {0UL, 1UL}) table.push_back(std::sin(angles[2 * row + j]));
    }
    one.input(1, 2, 4, table);
    for (std::size_t row = 0; row < 4; ++row)
        for (std::size_t head = 0; head < 2; ++head)
            for (std::size_t j = 0; j < 2; ++j) {  // as a complex number
                const std::size_t at = row * 8 + head * 4 + j;
                const double a = angles[row % 2 * 2 + j];
                wanted[at] = x[at] * std::cos(a) - x[at + 2] * std::sin(a);
                wanted[at + 2] = x[at] * std::sin(a) + x[at + 2] * std::cos(a);
            }
    expect_near(one.result(1, 4, 8), wanted);
}

TEST(Reference, PutsARowBeforeEachPart) {
    One one;
    one.op.kind = OperationKind::prepend;
    one.op.batch = 2;
    one.op.m = 3;
    one.op.n = 2;
    one.input(1, 4, 2, {1, 2, 3, 4, 5, 6, 7, 8});
    one.input(1, 1, 2, {10, 20});
    expect_near(one.result(1, 6, 2), {10, 20, 1, 2, 3, 4, 10, 20, 5, 6, 7, 8});
}

TEST(Reference, ReadsTheFirstRowsOfEachSampleOfACache) {
    One one;  // two samples, one head, two of three rows
    one.op.batch = 2;
    one.op.m = 1;
    one.op.n = 2;
    one.op.k = 1;
    one.op.transpose_b = true;
    one.op.a_blocks = one.op.b_blocks = 1;
    one.input(1, 2, 1, {10, 100});
    one.input(1, 6, 1, {1, 2, 3, 4, 5, 6});
    expect_near(one.result(2, 1, 2), {10, 20, 400, 500});
}

TEST(Reference, AddsTheMaskOfTheSampleOfARow) {
    One one;
    one.op.kind = OperationKind::mask;
    one.op.batch = 4;
    one.op.heads = 2;
    one.op.m = 1;
    one.op.n = 2;
    one.input(4, 1, 2, {0, 0, 1, 1, 2, 2, 3, 3});
    one.input(2, 1, 2, {10, 20, 30, 40});
    expect_near(one.result(4, 1, 2), {10, 20, 11, 21, 32, 42, 33, 43});
    One square;  // a row for each row
    square.op.kind = OperationKind::mask;
    square.op.batch = 2;
    square.op.m = square.op.n = 2;
    square.input(2, 2, 2, {0, 0, 0, 0, 1, 1, 1, 1});
    square.input(1, 2, 2, {1, 2, 3, 4});
    expect_near(square.result(2, 2, 2), {1, 2, 3, 4, 2, 3, 4, 5});
}

TEST(Reference, LooksUpTokensAndCopiesFirstRows) {
    One look;
    look.op.kind = OperationKind::embedding;
    look.op.batch = 2;
    look.op.m = 2;
    look.op.n = 1;
    look.input(1, 5, 1, {0, 10, 20, 30, 40});
    look.input(1, 3, 1, {1, 2, 3});
    look.input(1, 2, 1, {100, 200});
    expect_near(look.result(1, 4, 1, {4, 0, 1, 1}), {141, 102, 111, 112});
    One words;  // three at a time
    words.op.kind = OperationKind::embedding;
    words.op.trigram = true;
    words.op.batch = 2;
    words.op.m = 2;
    words.op.n = 3;
    words.input(1, 5, 1, {5, 10, 20, 30, 40});
    expect_near(words.result(1, 4, 3, {4, 0, 1, 3}), {5, 40, 0, 0, 5, 40, 30, 10, 0, 0, 30, 10});
    One windows;  // rows 2i - 1, 2i and 2i + 1 of each sample
    windows.op.kind = OperationKind::windows;
    windows.op.batch = 2;
    windows.op.m = 2;
    windows.op.n = 3;
    windows.input(1, 8, 1, {1, 2, 3, 4, 5, 6, 7, 8});
    expect_near(windows.result(1, 4, 3), {0, 1, 2, 2, 3, 4, 0, 5, 6, 6, 7, 8});
    One back;
    back.op.kind = OperationKind::table_gradient;
    back.op.function = OperationKind::windows;
    back.op.m = 8;
    back.op.n = 1;
    back.op.k = 2;
    back.input(1, 4, 3, {9, 1, 2, 30, 3, 4, 9, 5, 6, 70, 7, 8});
    expect_near(back.result(1, 8, 1), {1, 32, 3, 4, 5, 76, 7, 8});
    One distances;  // 0, 1 and more before; behind
    distances.op.kind = OperationKind::distance_sums;
    distances.op.m = 3;
    distances.op.n = 3;
    distances.input(1, 3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    expect_near(distances.result(1, 3, 4), {1, 0, 0, 5, 5, 4, 0, 6, 9, 15, 0, 0});
    distances.op.causal = CausalMask{};
    expect_near(distances.result(1, 3, 3), {6, 0, 0, 11, 4, 0, 9, 15, 0});
    One places;
    places.op.kind = OperationKind::position;
    places.op.batch = 2;
    places.op.m = 2;
    places.op.n = 1;
    places.input(1, 4, 1, {1, 2, 3, 4});
    places.input(1, 3, 1, {10, 20, 30});
    places.input(1, 2, 1, {100, 200});
    expect_near(places.result(1, 4, 1), {111, 122, 113, 124});
    One copy;
    copy.op.kind = OperationKind::copy;
    copy.op.batch = 2;
    copy.op.m = 1;
    copy.op.n = 2;
    copy.input(1, 6, 2, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    expect_near(copy.result(1, 2, 2), {0, 1, 6, 7});
    One columns;
    columns.op.kind = OperationKind::copy;
    columns.op.batch = 2, columns.op.m = 2, columns.op.n = 2, columns.op.first = 1;
    columns.op.columns = {0, 2};
    columns.input(1, 6, 3, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});
    expect_near(columns.result(1, 4, 2), {3, 5, 6, 8, 12, 14, 15, 17});
}

// Two samples, two heads that share one block of keys (grouped queries), heads as blocks of columns.
TEST(Reference, TakesHeadsAsBlocksOfColumns) {
    One one;
    one.op.kind = OperationKind::matmul;
    one.op.transpose_b = true;
    one.op.batch = 4;
    one.op.heads = 2;
    one.op.m = 1, one.op.n = 2, one.op.k = 2;
    one.op.a_blocks = 2, one.op.b_blocks = 1;
    one.input(1, 2, 4, {1, 2, 3, 4, 5, 6, 7, 8});   // a row a sample: head 0, head 1
    one.input(1, 4, 2, {1, 0, 0, 1, 1, 1, 2, -1});  // two keys a sample
    expect_near(one.result(4, 1, 2), {1, 2, 3, 4, 11, 4, 15, 6});
}

TEST(Reference, AddsABiasAndStopsWhenToldTo) {
    One one;
    one.op.kind = OperationKind::matmul;
    one.op.has_bias = true;
    one.op.m = 2, one.op.n = 2, one.op.k = 1;
    one.input(1, 2, 1, {1, 2});
    one.input(1, 1, 2, {3, 4});
    one.input(1, 1, 2, {10, 20});
    expect_near(one.result(1, 2, 2), {13, 24, 16, 28});
    int calls = 0;
    Graph twice = one.graph;
    twice.operations.push_back(twice.operations[0]);
    evaluate(twice, one.sources, {}, 1, [&](OperationId, std::span<const double>) { return ++calls > 1; });
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace octet
