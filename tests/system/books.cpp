#include "tests/system/books.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace octet::test {
namespace {

using nlohmann::json;

constexpr double tolerance = 1e-9;

void expect_close(double seen, double expected, const std::string& what) {
    EXPECT_LE(std::abs(seen - expected), tolerance * std::max({1.0, std::abs(seen), std::abs(expected)}))
        << what << ": " << seen << " and " << expected;
}

double sum(const json& object) {
    double total = 0;
    for (const auto& [key, value] : object.items()) total += value.get<double>();
    return total;
}

double over_operations(const json& result, const char* object, const std::string& key) {
    double total = 0;
    for (const json& operation : result.at("operations")) total += operation.at(object).at(key).get<double>();
    return total;
}

void cycles(const json& result) {
    const json& c = result.at("cycles");
    const auto total = c.at("total").get<std::uint64_t>();
    std::uint64_t stalled = 0;
    ASSERT_EQ(c.at("units").size(), 9U);
    for (const auto& [unit, state] : c.at("units").items()) {
        for (const auto& [name, value] : state.items()) EXPECT_GE(value.get<std::int64_t>(), 0) << unit;
        EXPECT_EQ(state.at("busy").get<std::uint64_t>() + state.at("stall").get<std::uint64_t>() +
                      state.at("idle").get<std::uint64_t>(),
                  total)
            << unit;
        stalled += state.at("stall").get<std::uint64_t>();
    }
    std::uint64_t by_cause = 0;
    for (const auto& [cause, value] : c.at("stalls").items()) {
        by_cause += value.get<std::uint64_t>();
        std::uint64_t of_operations = 0;
        for (const json& operation : result.at("operations"))
            of_operations += operation.at("stalls").value(cause, std::uint64_t{0});
        EXPECT_EQ(of_operations, value.get<std::uint64_t>()) << cause;
    }
    EXPECT_EQ(stalled, by_cause);
    EXPECT_GE(total, c.at("ideal").get<std::uint64_t>());
}

void energy_and_area(const json& result) {
    const json& energy = result.at("energy");
    expect_close(sum(energy.at("components")), energy.at("total_pj").get<double>(), "components of energy");
    expect_close(sum(energy.at("confidence")), energy.at("total_pj").get<double>(), "confidence of energy");
    double operations = 0;
    for (const json& operation : result.at("operations")) {
        operations += operation.at("energy_pj").get<double>();
        expect_close(sum(operation.at("components")), operation.at("energy_pj").get<double>(),
                     operation.at("name"));
    }
    expect_close(operations, energy.at("total_pj").get<double>(), "energy of the operations");
    for (const auto& [component, value] : energy.at("components").items()) {
        EXPECT_GE(value.get<double>(), 0) << component;
        expect_close(over_operations(result, "components", component), value.get<double>(),
                     component + " of the operations");
    }
    const json& area = result.at("area");
    expect_close(sum(area.at("components")), area.at("total_um2").get<double>(), "components of area");
    expect_close(sum(area.at("confidence")), area.at("total_um2").get<double>(), "confidence of area");
}

void derived(const json& result) {
    const auto total = result.at("cycles").at("total").get<double>();
    const json& machine = result.at("accelerator");
    const double pes =
        machine.at("array").at("rows").get<double>() * machine.at("array").at("cols").get<double>();
    const double macs = result.at("macs").get<double>();
    expect_close(result.at("cycles").at("utilization").get<double>(), macs / (pes * total), "utilization");
    expect_close(result.at("seconds").get<double>() * 1e6, total / machine.at("clock_mhz").get<double>(),
                 "microseconds");
    const json& metrics = result.at("metrics");
    const double picojoules = result.at("energy").at("total_pj").get<double>();
    expect_close(metrics.at("edp").get<double>(),
                 picojoules * 1e-6 * result.at("seconds").get<double>() * 1e3, "edp");
    if (macs > 0)
        expect_close(metrics.at("tops_per_watt").get<double>(), 2 * macs / picojoules, "tops_per_watt");
}

void operations(const json& result) {
    const auto total = result.at("cycles").at("total").get<std::uint64_t>();
    std::uint64_t macs = 0;
    for (const json& operation : result.at("operations")) {
        const auto start = operation.at("start").get<std::uint64_t>(),
                   end = operation.at("end").get<std::uint64_t>();
        EXPECT_LE(start, end) << operation.at("name");
        EXPECT_LE(end, total) << operation.at("name");
        EXPECT_EQ(operation.at("cycles").get<std::uint64_t>(), end - start) << operation.at("name");
        EXPECT_LE(operation.at("array_cycles").get<std::uint64_t>(), total) << operation.at("name");
        macs += operation.at("macs").get<std::uint64_t>();
    }
    EXPECT_EQ(macs, result.at("macs").get<std::uint64_t>());
}

}  // namespace

void expect_balanced_books(const json& result) {
    cycles(result);
    energy_and_area(result);
    derived(result);
    operations(result);
}

}  // namespace octet::test
