#include "sim/sweep/evolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/config/yaml.h"

namespace octet {
namespace {

// Six axes of 5 values: 15,625 points.
DesignSpace space_of(const std::string& axes) {
    Diagnostics wrong;
    const SweepConfig config = read_sweep(
        parse_yaml("kind: sweep\nbase: b.yaml\nstrategy: {kind: grid}\naxes: {" + axes + "}\n", "s.yaml"),
        wrong);
    return DesignSpace(config, wrong);
}
const std::string six_axes =
    "a: {range: [0, 4, 1]}, b: {range: [0, 4, 1]}, c: {range: [0, 4, 1]}, d: {range: [0, 4, 1]}, e: {range: "
    "[0, "
    "4, 1]}, f: {range: [0, 4, 1]}";

// Two costs that pull apart, with a coupling between neighbours.
std::vector<double> costs(const PointIndex& p) {
    double up = 1, down = 1;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double x = p[i] / 4.0, next = p[(i + 1) % p.size()] / 4.0;
        up += x * x + 0.3 * std::abs(x - next);
        down += (1 - x) * (1 - x) + 0.2 * std::abs(x - next);
    }
    return {up, down};
}

// The area that a set of points dominates below (10, 10).
double hypervolume(std::vector<std::vector<double>> points) {
    std::ranges::sort(points);
    double area = 0, height = 10;
    for (const auto& point : points) {
        if (point[1] >= height || point[0] >= 10) continue;
        area += (10 - point[0]) * (height - point[1]);
        height = point[1];
    }
    return area;
}

TEST(Evolution, FindsNearlyTheWholeFrontInAFifthOfTheEvaluations) {
    const DesignSpace space = space_of(six_axes);
    std::vector<std::vector<double>> all;
    for (std::uint64_t i = 0; i < space.points(); ++i) all.push_back(costs(space.at(i)));
    const double whole = hypervolume(all);
    std::vector<double> reached;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::set<PointIndex> seen;
        std::vector<std::vector<double>> found;
        evolve(space, {60, space.points() / 5, seed}, [&](const std::vector<PointIndex>& points) {
            std::vector<Objectives> objectives;
            for (const PointIndex& point : points) {
                EXPECT_TRUE(seen.insert(point).second) << "no point twice";
                objectives.emplace_back(costs(point));
                found.push_back(costs(point));
            }
            return objectives;
        });
        EXPECT_EQ(seen.size(), space.points() / 5);
        reached.push_back(hypervolume(found) / whole);
    }
    std::ranges::sort(reached);
    EXPECT_GE(reached[4], 0.95);
    EXPECT_GE(reached[0], 0.9);
}

TEST(Evolution, IsFixedByItsSeedAndEvaluatesNoMoreThanThereIs) {
    const DesignSpace space = space_of("a: [1, 2, 3], b: [1, 2, 3, 4]");
    const auto order = [&](std::uint64_t seed) {
        std::vector<PointIndex> points;
        evolve(space, {4, 100, seed}, [&](const std::vector<PointIndex>& generation) {
            std::vector<Objectives> objectives;
            for (const PointIndex& point : generation) {
                points.push_back(point);
                objectives.push_back(point[0] == 1 ? std::nullopt : Objectives(costs(point)));
            }
            return objectives;
        });
        return points;
    };
    EXPECT_EQ(order(3).size(), 12U) << "all points, those without objectives too";
    EXPECT_EQ(order(3), order(3));
    EXPECT_NE(order(3), order(4));
}

TEST(Evolution, StopsWhenNotAllCouldBeEvaluated) {
    const DesignSpace space = space_of(six_axes);
    int generations = 0;
    evolve(space, {10, 1000, 1}, [&](const std::vector<PointIndex>& points) {
        std::vector<Objectives> objectives(points.size());
        if (++generations == 2) objectives.pop_back();
        return objectives;
    });
    EXPECT_EQ(generations, 2);
}

TEST(FrontRanks, PeelFrontAfterFrontAndPutTheWorthlessLast) {
    const std::vector<Objectives> points{{{1, 4}}, {{2, 2}}, {{3, 3}}, std::nullopt, {{4, 1}}, {{5, 5}}};
    EXPECT_THAT(front_ranks(points), testing::ElementsAre(0, 0, 1, 3, 0, 2));
}

TEST(DrawnPoints, AreDifferentAndAllOfASmallSpace) {
    const DesignSpace space = space_of(six_axes);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto points = draw_points(space, 500, seed);
        EXPECT_EQ(std::set<PointIndex>(points.begin(), points.end()).size(), 500U);
    }
    EXPECT_EQ(draw_points(space_of("a: [1, 2, 3]"), 10, 1).size(), 3U);
    EXPECT_EQ(draw_points(space, 5, 7), draw_points(space, 5, 7));
}

}  // namespace
}  // namespace octet
