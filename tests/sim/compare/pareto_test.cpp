#include "sim/compare/pareto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace octet {
namespace {

using testing::ElementsAre;

TEST(ParetoFront, HoldsEveryPointThatNoOtherDominates) {
    EXPECT_THAT(pareto_front({{1, 5}, {2, 4}, {2, 5}, {5, 1}, {6, 1}}),
                ElementsAre(true, true, false, true, false));
    EXPECT_THAT(pareto_front({{1, 1}, {1, 1}}), ElementsAre(true, true)) << "equal points do not dominate";
    EXPECT_TRUE(pareto_front({}).empty());
    EXPECT_THAT(pareto_front({{}, {}}), ElementsAre(true, true));
}

TEST(ParetoFront, GrowsPointByPointToTheSame) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 50; ++round) {
        std::vector<std::vector<double>> points;
        RunningFront running;
        for (int i = 0; i < 40; ++i) {
            points.push_back({static_cast<double>(random() % 9), static_cast<double>(random() % 9),
                              static_cast<double>(random() % 9)});
            running.add(points.back());
            const auto front = pareto_front(points);
            ASSERT_EQ(running.size(), static_cast<std::size_t>(std::ranges::count(front, true)));
            ASSERT_EQ(running.least(1), std::ranges::min(points, {}, [](const auto& p) { return p[1]; })[1]);
        }
    }
}

// In two dimensions the front is a staircase: sorted by the first number, the second falls.
TEST(ParetoFront, IsTheStaircaseOfRandomPointsInThePlane) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 50; ++round) {
        std::vector<std::vector<double>> points(1 + random() % 60);
        for (auto& point : points)
            point = {static_cast<double>(random() % 12), static_cast<double>(random() % 12)};
        const auto front = pareto_front(points);
        std::vector<std::size_t> order(points.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::sort(order, {}, [&](std::size_t i) { return points[i]; });
        double lowest = 1e9, first = -1;
        for (const std::size_t i : order) {
            const bool new_step = points[i][1] < lowest;
            const bool same_point = points[i][1] == lowest && points[i][0] == first;
            EXPECT_EQ(front[i], new_step || same_point) << points[i][0] << ' ' << points[i][1];
            if (new_step) {
                lowest = points[i][1];
                first = points[i][0];
            }
        }
    }
}

}  // namespace
}  // namespace octet
