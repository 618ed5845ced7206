// Which magnitude takes the largest code, and what SmoothQuant leaves as it was.
#include "sim/run/calibration.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include "sim/config/diagnostics.h"
#include "sim/reference/evaluate.h"
#include "sim/run/ends.h"
#include "sim/workload/builder.h"

namespace octet {
namespace {

using testing::HasSubstr;

std::vector<double> normal(std::size_t count, unsigned seed, double deviation = 1) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> distribution(0, deviation);
    std::vector<double> values(count);
    for (double& value : values) value = distribution(random);
    return values;
}

const FormatInfo& int8 = *find_format("int8");
const FormatInfo& int4 = *find_format("int4");
const FormatInfo& around = *find_format("int8_zp");

double clip_of(std::span<const double> values, const FormatInfo& format, ClipRule rule,
               const CalibrationConfig& config) {
    const Ends ends = ends_of(values, format, rule, config);
    EXPECT_EQ(ends.low, 0) << "of magnitudes";
    return ends.high;
}

TEST(Clip, IsTheLargestFiniteMagnitudeUnlessToldOtherwise) {
    EXPECT_EQ(clip_of(std::vector<double>{1, -3, HUGE_VAL, std::nan("")}, int8, ClipRule::amax, {}), 3);
    EXPECT_EQ(clip_of(std::vector<double>{0, 0}, int8, ClipRule::mse, {}), 0);
    CalibrationConfig config;
    config.clip = 2.5;
    EXPECT_EQ(clip_of(std::vector<double>{1, -3}, int8, ClipRule::clip, config), 2.5);
}

TEST(Clip, OfAPercentileLeavesSoManyMagnitudesBeyondIt) {
    std::vector<double> values;
    for (int i = 1000; i > 0; --i) values.push_back(i % 2 == 0 ? i : -i);
    CalibrationConfig config;
    for (const auto& [percentile, wanted] :
         {std::pair{99.9, 999.0}, {100.0, 1000.0}, {50.0, 500.0}, {12.34, 124.0}, {16.1, 161.0}}) {
        config.percentile = percentile;
        EXPECT_EQ(clip_of(values, int8, ClipRule::percentile, config), wanted);
    }
}

TEST(Clip, LooksAtFiniteMagnitudesAlone) {
    const std::vector<double> values{1, HUGE_VAL, -2, std::nan(""), 4};
    CalibrationConfig config;
    config.percentile = 100;
    EXPECT_EQ(clip_of(values, int8, ClipRule::percentile, config), 4);
    config.percentile = 60;
    EXPECT_EQ(clip_of(values, int8, ClipRule::percentile, config), 2);
}

double error_at(const std::vector<double>& values, double clip, int largest) {
    const double scale = clip / largest;
    double sum = 0;
    for (const double x : values) {
        const double code = std::clamp(std::nearbyint(std::fabs(x) / scale), 0.0, double(largest));
        sum += (code * scale - std::fabs(x)) * (code * scale - std::fabs(x));
    }
    return sum;
}

TEST(Clip, OfLeastSquaresIsTheBestOf49Parts) {
    const std::vector<double> values = normal(5000, 3);
    const double largest = clip_of(values, int4, ClipRule::amax, {}),
                 clip = clip_of(values, int4, ClipRule::mse, {});
    double least = HUGE_VAL, best = 0;
    for (int part = 16; part <= 64; ++part)
        if (const double error = error_at(values, largest * part / 64, 7); error <= least)
            least = error, best = largest * part / 64;
    EXPECT_NEAR(clip, best, 1e-12);
    EXPECT_LT(error_at(values, clip, 7), 0.8 * error_at(values, largest, 7));
}

TEST(Clip, OfLeastSquaresIsTheLargestMagnitudeWhereThatFitsBest) {
    // Whole codes of 64/64, and of nothing below it.
    std::vector<double> values;
    for (int code = -7; code <= 7; ++code) values.push_back(code * 0.375);
    EXPECT_EQ(clip_of(values, int4, ClipRule::mse, {}), 7 * 0.375);
}

// The two regressions, on what is looked at: each value of fewer than 65,536.
TEST(Clip, OfSawbIsALineThroughRootMeanSquareAndMeanMagnitudeButNotBeyondTheLargest) {
    for (const double outlier : {0.0, 30.0}) {
        std::vector<double> values = normal(1000, 6);
        values.push_back(outlier);
        double squares = 0, sum = 0, largest = 0;
        for (const double x : values)
            squares += x * x, sum += std::fabs(x), largest = std::max(largest, std::fabs(x));
        const double root = std::sqrt(squares / 1001), mean = sum / 1001;
        EXPECT_NEAR(clip_of(values, int4, ClipRule::sawb, {}), std::min(12.68 * root - 12.80 * mean, largest),
                    1e-12);
        EXPECT_NEAR(clip_of(values, int8, ClipRule::sawb, {}), std::min(31.76 * root - 35.04 * mean, largest),
                    1e-12);
    }
    const std::vector<double> spread{9, 0, 0, 0};  // 31.76 * 4.5 - 35.04 * 2.25 lies beyond 9
    EXPECT_EQ(clip_of(spread, int8, ClipRule::sawb, {}), 9);
}

TEST(Clip, OfSawbLiesWhereLeastSquaresPutsThatOfANormalDistribution) {
    const std::vector<double> values = normal(200'000, 5);  // more than are looked at
    const double sawb = clip_of(values, int4, ClipRule::sawb, {});
    EXPECT_NEAR(sawb, 12.68 - 12.80 * std::sqrt(2 / 3.14159265358979), 0.05);
    EXPECT_NEAR(sawb, clip_of(values, int4, ClipRule::mse, {}), 0.2);
    EXPECT_NEAR(clip_of(values, int8, ClipRule::sawb, {}), 31.76 - 35.04 * std::sqrt(2 / 3.14159265358979),
                0.12);
    EXPECT_EQ(clip_of(std::vector<double>{1, 1, 1}, int8, ClipRule::sawb, {}), 1);  // its line is below 0
}

void expect_ends(const std::vector<double>& values, ClipRule rule, double low, double high,
                 CalibrationConfig config = {}) {
    const Ends ends = ends_of(values, around, rule, config);
    EXPECT_NEAR(ends.low, low, 1e-12);
    EXPECT_NEAR(ends.high, high, 1e-12);
}

TEST(EndsAroundAZeroPoint, AreTheSmallestAndTheLargestNumberWith0AmongThem) {
    expect_ends({1, -3, 5, HUGE_VAL, -HUGE_VAL, std::nan("")}, ClipRule::amax, -3, 5);
    expect_ends({2, 5}, ClipRule::amax, 0, 5);
    expect_ends({-2, -5}, ClipRule::amax, -5, 0);
    for (const ClipRule rule :
         {ClipRule::amax, ClipRule::percentile, ClipRule::mse, ClipRule::sawb, ClipRule::clip})
        expect_ends({0, -0.0, std::nan("")}, rule, 0, 0);
}

TEST(EndsAroundAZeroPoint, OfAConstantAreThoseThatNumbersLieOnTheSideOf) {
    CalibrationConfig config;
    config.clip = 2.5;
    expect_ends({1, -3}, ClipRule::clip, -2.5, 2.5, config);
    expect_ends({1, 0}, ClipRule::clip, 0, 2.5, config);
    expect_ends({-1, 0}, ClipRule::clip, -2.5, 0, config);
}

TEST(EndsAroundAZeroPoint, OfAPercentileLeaveHalfOfTheRestBeyondEach) {
    std::vector<double> values;
    for (int i = 1; i <= 1000; ++i) values.push_back(i - 300.5);
    std::ranges::shuffle(values, std::mt19937(3));
    CalibrationConfig config;
    config.percentile = 99;  // 5 numbers of a thousand beyond each end
    expect_ends(values, ClipRule::percentile, -294.5, 694.5, config);
    for (double& x : values) x += 1000;
    expect_ends(values, ClipRule::percentile, 0, 1694.5, config);
    config.percentile = 100;
    expect_ends(values, ClipRule::percentile, 0, 1699.5, config);
    // Where almost all is 0, 0 is no range.
    std::vector<double> zeros(1000);
    zeros[7] = -4;
    config.percentile = 50;
    expect_ends(zeros, ClipRule::percentile, -4, 0, config);
}

TEST(EndsAroundAZeroPoint, OfLeastSquaresAreTheBestOf49PartsOfBoth) {
    std::vector<double> values = normal(4000, 8);
    for (double& x : values) x = x < -0.5 ? -0.5 : x;
    values.push_back(40);  // an outlier that 255 steps up to it would pay for
    const auto error_between = [&](double low, double high) {
        const double scale = (high - low) / 255, zero = std::nearbyint(-128 - low / scale);
        double sum = 0;
        for (const double x : values) {
            const double code = std::clamp(std::nearbyint(x / scale) + zero, -128.0, 127.0);
            sum += ((code - zero) * scale - x) * ((code - zero) * scale - x);
        }
        return sum;
    };
    double least = HUGE_VAL, best = 0;
    for (int part = 16; part <= 64; ++part)
        if (const double error = error_between(-0.5 * part / 64, 40.0 * part / 64); error <= least)
            least = error, best = part / 64.0;
    expect_ends(values, ClipRule::mse, -0.5 * best, 40 * best);
}

TEST(EndsAroundAZeroPoint, OfSawbAreItsMagnitudeCutToTheNumbers) {
    std::vector<double> values = normal(1000, 6);
    for (double& x : values) x = std::max(x, -0.25);
    double squares = 0, sum = 0, largest = 0;
    for (const double x : values)
        squares += x * x, sum += std::fabs(x), largest = std::max(largest, std::fabs(x));
    const double clip = 31.76 * std::sqrt(squares / 1000) - 35.04 * sum / 1000;
    ASSERT_GT(clip, 0.25);
    expect_ends(values, ClipRule::sawb, -0.25, std::min(clip, largest));
}

TEST(EndsAroundAZeroPoint, GiveTheScaleThatTakesAllCodesAndTheCodeOf0) {
    EXPECT_EQ(scale_between({-1, 1.55}, around), (TensorScale{0.01F, -28}));
    EXPECT_EQ(scale_between({0, 255}, around), (TensorScale{1, -128}));
    EXPECT_EQ(scale_between({-510, 0}, around), (TensorScale{2, 127}));
    EXPECT_EQ(scale_between({0, 0}, around), TensorScale{});
    EXPECT_EQ(scale_between({0, 254}, int8), TensorScale{2});
}

AcceleratorConfig machine_with_int8() {
    AcceleratorConfig machine;
    machine.pe.storage = "int8";
    return machine;
}

struct Small {
    Graph graph;
    SourceTensors sources;
    TensorId x = 0;
};
// A norm before two products, one of them by a transposed matrix, and one that is added to its own results.
Small pre_norm() {
    GraphBuilder build("pre");
    Small s;
    s.x = build.tensor("x", TensorRole::input, 6, 8);
    const TensorId y = build.norm("norm", OperationKind::layernorm, s.x, 1e-5);
    const TensorId a = build.dense("a", y, 5, true), b = build.dense("b", y, 5, false);
    build.mark_output(build.elementwise("sum", OperationKind::add, {a, b}));
    s.graph = build.finish();
    unsigned seed = 1;
    for (const Tensor& tensor : s.graph.tensors)
        s.sources.push_back(tensor.role == TensorRole::weight || tensor.role == TensorRole::input
                                ? normal(tensor.elements(), seed++)
                                : std::vector<double>{});
    return s;
}

TEST(Scales, OfWeightsAndActivationsFollowTheirOwnRule) {
    const Small s = pre_norm();
    CalibrationConfig config;
    config.weights = ClipRule::clip;
    config.clip = 2.54;
    const auto plain = calibrate(s.graph, s.sources, {}, machine_with_int8(), 1),
               scales = calibrate(s.graph, s.sources, {}, machine_with_int8(), 1, config);
    for (TensorId id = 0; id < scales.size(); ++id)
        EXPECT_EQ(scales[id], s.graph.tensors[id].role == TensorRole::weight ? TensorScale{0.02F} : plain[id])
            << s.graph.tensors[id].name;
}

TEST(Scales, OfTensorsOfZerosAreOne) {
    Small s = pre_norm();
    std::ranges::fill(s.sources[s.x], 0.0);
    EXPECT_EQ(calibrate(s.graph, s.sources, {}, machine_with_int8(), 1)[s.x], TensorScale{});
}

TEST(Scales, BelongToTheFormatOfTheUse) {
    const Small s = pre_norm();
    AcceleratorConfig machine;
    machine.pe.storage = "bf16";
    machine.formats[FormatUse::forward] = "int8";
    EXPECT_NE(calibrate(s.graph, s.sources, {}, machine, 1)[s.x], TensorScale{});
    machine.formats[FormatUse::forward] = "";
    EXPECT_EQ(calibrate(s.graph, s.sources, {}, machine, 1)[s.x], TensorScale{});
}

std::vector<std::vector<double>> results(const Small& s) {
    std::vector<std::vector<double>> all;
    evaluate(s.graph, s.sources, {}, 1, [&](OperationId, std::span<const double> values) {
        all.emplace_back(values.begin(), values.end());
        return true;
    });
    return all;
}

TEST(SmoothQuant, MovesTheSpreadOfColumnsIntoWeightsAndLeavesResults) {
    Small s = pre_norm();
    for (Tensor& tensor : s.graph.tensors)
        if (tensor.name.find("gamma") != std::string::npos)
            s.sources[static_cast<std::size_t>(&tensor - s.graph.tensors.data())][3] =
                60;  // an outlier column
    const auto before = results(s);
    const SourceTensors sources = s.sources;
    ASSERT_EQ(smooth(s.graph, s.sources, {}, 0.5, 1), 1U);
    const auto after = results(s);
    for (std::size_t i = 0; i < before.back().size(); ++i)
        EXPECT_NEAR(after.back()[i], before.back()[i], 1e-11 * std::fabs(before.back()[i]) + 1e-11);
    // Then the largest of a column of the norm's results and of its row of weights are the same.
    const Operation& norm = s.graph.operations[0];
    for (std::size_t j = 0; j < 8; ++j) {
        double column = 0, row = 0, was = 0;
        for (std::size_t i = 0; i < 6; ++i) {
            column = std::max(column, std::fabs(after[0][i * 8 + j]));
            was = std::max(was, std::fabs(before[0][i * 8 + j]));
        }
        for (const Operation& product : s.graph.operations)
            if (product.kind == OperationKind::matmul && product.inputs[0] == norm.output)
                for (std::size_t n = 0; n < 5; ++n)
                    row = std::max(row, std::fabs(s.sources[product.inputs[1]][j * 5 + n]));
        EXPECT_NEAR(column, row, 1e-12 * row);
        EXPECT_NEAR(column * row, was * row * column / was, 1e-9);
    }
    EXPECT_NE(sources, s.sources);
}

// max |column|^strength / max |row of weights|^(1 - strength), read off gamma.
TEST(SmoothQuant, DividesColumnsByThePublishedFactor) {
    for (const double strength : {0.5, 0.8, 1.0}) {
        Small s = pre_norm();
        const auto before = results(s);
        const SourceTensors sources = s.sources;
        ASSERT_EQ(smooth(s.graph, s.sources, {}, strength, 1), 1U);
        const Operation& norm = s.graph.operations[0];
        for (std::size_t j = 0; j < 8; ++j) {
            double column = 0, row = 0;
            for (std::size_t i = 0; i < 6; ++i) column = std::max(column, std::fabs(before[0][i * 8 + j]));
            for (const Operation& product : s.graph.operations)
                if (product.kind == OperationKind::matmul)
                    for (std::size_t n = 0; n < product.n; ++n)
                        row = std::max(
                            row, std::fabs(sources[product.inputs[1]]
                                                  [product.transpose_b ? n * 8 + j : j * product.n + n]));
            const double factor = std::pow(column, strength) / std::pow(row, 1 - strength);
            for (std::size_t i = 1; i < norm.inputs.size(); ++i)
                EXPECT_NEAR(s.sources[norm.inputs[i]][j] * factor, sources[norm.inputs[i]][j], 1e-12);
        }
    }
}

TEST(SmoothQuant, LeavesNormsAloneWhoseResultsConstantsOrWeightsServeOthersToo) {
    enum class Other { none, result_is_output, weight, constants };
    for (const Other other : {Other::none, Other::result_is_output, Other::weight, Other::constants}) {
        GraphBuilder build("shared");
        const TensorId x = build.tensor("x", TensorRole::input, 6, 8);
        const TensorId y = build.norm("norm", OperationKind::layernorm, x, 1e-5);
        if (other == Other::result_is_output) build.mark_output(y);
        const TensorId a = build.dense("a", y, 8, false);
        build.prefix("other ");  // of operations: weights of the same name are the same
        TensorId b = x;
        if (other == Other::weight) b = build.dense("a", x, 8, false);
        if (other == Other::constants) b = build.norm("norm", OperationKind::layernorm, a, 1e-5);
        build.mark_output(build.elementwise("sum", OperationKind::add, {a, b}));
        const Graph graph = build.finish();
        SourceTensors sources;
        for (const Tensor& tensor : graph.tensors)
            sources.push_back(tensor.role == TensorRole::weight || tensor.role == TensorRole::input
                                  ? normal(tensor.elements(), 4)
                                  : std::vector<double>{});
        EXPECT_EQ(smooth(graph, sources, {}, 0.5, 1), other == Other::none ? 1U : 0U)
            << static_cast<int>(other);
    }
}

TEST(SmoothQuant, LeavesNormsAloneWhoseResultsGoElsewhereToo) {
    GraphBuilder build("post");
    const TensorId x = build.tensor("x", TensorRole::input, 6, 8);
    const TensorId y = build.norm("norm", OperationKind::layernorm, x, 1e-5);
    const TensorId a = build.dense("a", y, 8, true);
    build.mark_output(build.elementwise("sum", OperationKind::add, {a, y}));
    const Graph graph = build.finish();
    SourceTensors sources;
    for (const Tensor& tensor : graph.tensors)
        sources.push_back(tensor.role == TensorRole::activation ? std::vector<double>{}
                                                                : normal(tensor.elements(), 4));
    const SourceTensors before = sources;
    EXPECT_EQ(smooth(graph, sources, {}, 0.5, 1), 0U);
    EXPECT_EQ(sources, before);
}

std::string table(const std::string& text) {
    const std::string path =
        testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + "clips.csv";
    std::ofstream(path) << text;
    return path;
}

TEST(ClipsOfAFile, HoldForTheTensorsThatItNames) {
    const Small s = pre_norm();
    CalibrationConfig config;
    config.file = table("x, 12.7\nnorm, 2.54, # of its results\n");
    const auto scales = calibrate(s.graph, s.sources, {}, machine_with_int8(), 1, config),
               plain = calibrate(s.graph, s.sources, {}, machine_with_int8(), 1);
    for (TensorId id = 0; id < scales.size(); ++id) {
        const std::string& name = s.graph.tensors[id].name;
        EXPECT_EQ(scales[id], name == "x"      ? TensorScale{0.1F}
                              : name == "norm" ? TensorScale{0.02F}
                                               : plain[id])
            << name;
    }
}

TEST(ClipsOfAFile, ThatDoNotFitAreReportedWhereTheyStand) {
    const Small s = pre_norm();
    CalibrationConfig config;
    config.file = table("x, 1\ny, 2\nx, 3\nnorm, -4\nnorm\n");
    try {
        calibrate(s.graph, s.sources, {}, machine_with_int8(), 1, config);
        FAIL();
    } catch (const InputError& error) {
        for (const char* part : {"clips.csv:2:1: ", "no tensor 'y'", "clips.csv:3:1: ", "there twice",
                                 "clips.csv:4:7: ", "'-4' is no magnitude above 0", "clips.csv:5:1: "})
            EXPECT_THAT(error.what(), HasSubstr(part));
    }
}

// `text`, a clips.csv for a machine with this format of weights and activations; what is wrong with it.
std::string complaints(const std::string& text, const std::string& storage) {
    const Small s = pre_norm();
    AcceleratorConfig machine;
    machine.pe.storage = storage;
    CalibrationConfig config;
    config.file = table(text);
    try {
        calibrate(s.graph, s.sources, {}, machine, 1, config);
    } catch (const InputError& error) {
        return error.what();
    }
    return {};
}

TEST(ClipsOfAFile, AreAMagnitudeOrTheTwoEndsWhereThereIsAZeroPoint) {
    const Small s = pre_norm();
    AcceleratorConfig machine;
    machine.pe.storage = "int8_zp";
    CalibrationConfig config;
    config.file = table("x, -1, 1.55\nnorm, 12.75\n");
    const auto scales = calibrate(s.graph, s.sources, {}, machine, 1, config);
    EXPECT_EQ(scales[s.x], (TensorScale{0.01F, -28}));
    EXPECT_EQ(scales[s.graph.operations[0].output], (TensorScale{0.1F, -1}))
        << "12.75 is less than 127.5 times 0.1F";
}

TEST(ClipsOfAFile, WhoseEndsDoNotFitAreReportedWhereTheyStand) {
    EXPECT_THAT(complaints("x, 1, 2\n", "int8_zp"),
                HasSubstr("clips.csv:1:4: inputs.calibration.file: '1' is no smallest number"));
    EXPECT_THAT(complaints("x, -2, -1\n", "int8_zp"),
                HasSubstr("clips.csv:1:8: inputs.calibration.file: '-1' is no largest number"));
    EXPECT_THAT(complaints("x, 0, 0\n", "int8_zp"),
                HasSubstr("clips.csv:1:7: inputs.calibration.file: '0' is no largest number"));
    EXPECT_THAT(complaints("x, -1, nan\n", "int8_zp"),
                HasSubstr("clips.csv:1:8: inputs.calibration.file: 'nan' is no number"));
    EXPECT_THAT(complaints("x, -1, 1e999\n", "int8_zp"), HasSubstr("'1e999' is no number"));
    EXPECT_THAT(complaints("x, -1, 1, 2\n", "int8_zp"),
                HasSubstr("clips.csv:1:1: inputs.calibration.file: expected a tensor and a magnitude, or"));
    EXPECT_THAT(complaints("x, -1\n", "int8_zp"), HasSubstr("'-1' is no magnitude above 0"));
    EXPECT_THAT(
        complaints("x, -1, 1\n", "int8"),
        HasSubstr(
            "clips.csv:1:8: inputs.calibration.file: '1' is one number too many: int8 has no zero point"));
}

}  // namespace
}  // namespace octet
