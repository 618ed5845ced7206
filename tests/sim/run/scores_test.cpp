#include "sim/run/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace octet {
namespace {

constexpr std::int64_t none = Targets::none;

TEST(Scores, OfEqualLogitsAreThoseOfGuessing) {
    const std::vector<double> logits(8, 3.5);
    const Scores s = score({0, {0, 3}}, logits);
    EXPECT_NEAR(s.nll.value(), std::log(4), 1e-15);
    EXPECT_NEAR(s.perplexity.value(), 4, 1e-14);
    EXPECT_EQ(s.accuracy, 0.5) << "the first of equals is the largest";
}

TEST(Scores, AreMeansOverTheRowsWithATarget) {
    // Probabilities 1/4, 3/4; then a row that does not count; then 1/2, 1/2.
    const std::vector<double> logits{0, std::log(3), 100, -100, 1, 1};
    const Scores s = score({0, {1, none, 1}}, logits);
    EXPECT_NEAR(s.nll.value(), (std::log(4.0 / 3) + std::log(2)) / 2, 1e-15);
    EXPECT_NEAR(s.perplexity.value(), std::sqrt(8.0 / 3), 1e-14);
    EXPECT_EQ(s.accuracy, 0.5);
}

TEST(Scores, OfLargeLogitsDoNotOverflow) {
    EXPECT_NEAR(score({0, {1}}, std::vector<double>{5000, 4000}).nll.value(), 1000, 1e-9);
    EXPECT_FALSE(score({0, {1}}, std::vector<double>{5000, 4000}).perplexity) << "not finite";
}

TEST(Scores, OfANanMissAndLeaveNoCrossEntropy) {
    const std::vector<double> logits{0, std::numeric_limits<double>::quiet_NaN(), 0, 1};
    const Scores s = score({0, {1, 1}}, logits);
    EXPECT_FALSE(s.nll);
    EXPECT_FALSE(s.perplexity);
    EXPECT_EQ(s.accuracy, 0.5);
}

}  // namespace
}  // namespace octet
