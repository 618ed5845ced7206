// "8-bit Transformer Inference and Fine-tuning for Edge Accelerators" (ASPLOS 2024): unit prices as the
// paper's figures and tables have them, and the whole accelerators of its figure 13, built from them.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "sim/config/experiment.h"
#include "sim/config/layers.h"
#include "sim/cost/prices.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::machine_of;
using test::shipped;

CostTable base() {
    return shipped("asplos24-40nm.yaml");
}
CostTable fitted() {
    const std::string path = std::string(OCTET_SOURCE_DIR) + "/configs/costs/asplos24-40nm-fitted.yaml";
    constexpr std::string_view kind[] = {"costs"};
    Diagnostics errors;
    CostTable table = read_costs(load_layers(path, kind), path, errors);
    errors.throw_if_any();
    return table;
}

struct Figure12 {
    const char* preset;
    std::array<double, 3> area, power;  // 10^3 um2, uW at 5, 200, 400 MHz
};
constexpr auto figure12 = std::to_array<Figure12>({
    {"fp32", {5.54, 13.7, 17.1}, {22.4, 1947, 5098}},
    {"bf16", {2.37, 4.07, 7.02}, {7.51, 726, 1373}},
    {"posit8_1_ftz", {1.19, 2.16, 3.32}, {3.88, 303, 885}},
    {"hybrid_fp8", {1.09, 1.98, 2.92}, {3.55, 275, 716}},
    {"e4m3", {1.04, 1.94, 2.84}, {3.47, 278, 761}},
    {"e5m2", {1.00, 2.02, 2.86}, {3.29, 274, 673}},
    {"int8", {0.705, 0.705, 0.808}, {2.77, 110, 259}},
});
constexpr std::array<double, 3> clocks{5, 200, 400};

Price price(const CostTable& table, const AcceleratorConfig& machine, Action action, Quantity quantity) {
    CostQuery query = energy_query(machine, action);
    if (quantity == Quantity::area) query.action.clear();
    return look_up(table, query, quantity);
}

TEST(Asplos24, FigureTwelvesMultiplyAccumulatesHaveItsAreasAndPowers) {
    const CostTable table = base();
    for (const Figure12& unit : figure12)
        for (std::size_t i = 0; i < clocks.size(); ++i) {
            const AcceleratorConfig machine = machine_of(unit.preset, clocks[i]);
            const Price area = price(table, machine, Action::mac, Quantity::area);
            const Price energy = price(table, machine, Action::mac, Quantity::energy);
            EXPECT_NEAR(area.value, unit.area[i] * 1e3, 1e-6) << unit.preset << ' ' << clocks[i];
            EXPECT_NEAR(energy.value * clocks[i], unit.power[i], 1e-3 * unit.power[i])
                << unit.preset << ' ' << clocks[i];
            EXPECT_EQ(energy.confidence, Confidence::published);
        }
}

TEST(Asplos24, FigureTwelvesEncoderAndDecoderHaveItsAreasAndPowers) {
    const CostTable table = base();
    const std::array<double, 3> decoder_area{269, 269, 403}, decoder_power{0.920, 36.5, 115},
        encoder_area{330, 372, 513}, encoder_power{1.11, 49.4, 124};
    for (std::size_t i = 0; i < clocks.size(); ++i) {
        const AcceleratorConfig machine = machine_of("posit8_1_ftz", clocks[i]);
        EXPECT_NEAR(price(table, machine, Action::decode, Quantity::area).value, decoder_area[i], 1e-6);
        EXPECT_NEAR(price(table, machine, Action::decode, Quantity::energy).value * clocks[i],
                    decoder_power[i], 2e-3 * decoder_power[i]);
        EXPECT_NEAR(price(table, machine, Action::encode, Quantity::area).value, encoder_area[i], 1e-6);
        EXPECT_NEAR(price(table, machine, Action::encode, Quantity::energy).value * clocks[i],
                    encoder_power[i], 2e-3 * encoder_power[i]);
    }
}

TEST(Asplos24, FiguresEightAndNinesPowersAreThoseOfTheSoftmaxStages) {
    const CostTable table = base();
    const auto power = [&](const AcceleratorConfig& machine, Action action) {
        return price(table, machine, action, Quantity::energy).value * 200;
    };
    AcceleratorConfig machine = machine_of("posit8_1_ftz");
    EXPECT_NEAR(power(machine, Action::softmax_exp), 100, 1e-9) << "posit16";
    EXPECT_NEAR(power(machine, Action::softmax_reciprocal), 40, 1e-9) << "posit16";
    machine = machine_of("e4m3");
    EXPECT_NEAR(power(machine, Action::softmax_exp), 180, 1e-9) << "bf16";
    EXPECT_NEAR(power(machine, Action::softmax_reciprocal), 161, 1e-9) << "bf16";
    machine = machine_of("fp32");
    EXPECT_NEAR(power(machine, Action::softmax_exp), 335, 1e-9) << "fp32";
    EXPECT_NEAR(power(machine, Action::softmax_reciprocal), 617, 1e-9) << "fp32";
}

// Pages of table 8: lanes, area in mm2, power in mW.
struct Table8 {
    int lanes;
    double posit_area, fp8_area, posit_power, fp8_power;
};
constexpr auto table8 = std::to_array<Table8>(
    {{8, 0.208, 0.304, 4.27, 5.76}, {16, 0.322, 0.497, 7.8, 13.1}, {32, 0.572, 0.840, 18.7, 30.9}});

double lane_cycle(const CostTable& table, const AcceleratorConfig& machine) {
    double sum = 0;
    for (const Action action : {Action::vector_add, Action::vector_multiply, Action::vector_reduce})
        sum += price(table, machine, action, Quantity::energy).value;
    return sum;
}

TEST(Asplos24, TableEightsVectorUnitsHaveItsAreasAndThePowersOfAnAdditionAMultiplicationAndAReductionALane) {
    const CostTable table = base();
    for (const Table8& row : table8)
        for (const bool posit : {true, false}) {
            const AcceleratorConfig machine = machine_of(posit ? "posit8_1_ftz" : "e4m3", 200, row.lanes);
            const Price area = price(table, machine, Action::vector_add, Quantity::area);
            EXPECT_NEAR(area.value, 1e6 * (posit ? row.posit_area : row.fp8_area), 1e-6);
            EXPECT_EQ(area.confidence, Confidence::published);
            EXPECT_NEAR(lane_cycle(table, machine) * row.lanes * 0.2, posit ? row.posit_power : row.fp8_power,
                        0.01 * row.fp8_power);
        }
}

// The share of table 8's differences that figures 8 and 9 explain: an exponential and a reciprocal a lane,
// BF16 ones against posit16 ones.
TEST(Asplos24, FiguresEightAndNineExplainAThirdOfTableEightsDifferenceInArea) {
    const double a_lane = (3.16 - 1.21) + (1.66 - 0.254);  // 10^3 um2
    const std::array<double, 3> points{8.8, 10.8, 12.8};   // of the FP8 unit, in percent
    for (std::size_t i = 0; i < table8.size(); ++i)
        EXPECT_NEAR(100 * a_lane * table8[i].lanes / 1e3 / table8[i].fp8_area, points[i], 0.05);
}

// Everything at work for a cycle, as scripts/asplos24 says, in mW.
struct Whole {
    double area = 0, power = 0;
};
Whole whole(const CostTable& table, const char* preset, int n, bool with_control = true) {
    const bool posit = std::string_view(preset) == "posit8_1_ftz",
               fp8 = std::string_view(preset) == "hybrid_fp8";
    const AcceleratorConfig machine =
        load_accelerator(fmt::format("{}/configs/accelerators/edge{}-{}.yaml", OCTET_SOURCE_DIR, n,
                                     posit ? "posit8"
                                     : fp8 ? "hybrid-fp8"
                                           : "bf16"));
    const PriceList prices = resolve(table, machine);
    const auto lanes = static_cast<std::uint64_t>(n);
    const bool wide = std::string_view(preset) == "bf16";
    const std::uint64_t storage = wide ? 16 : 8, sums = wide ? 32 : 16;
    Activity cycle;
    cycle.count(Action::mac, lanes * lanes);
    cycle.count(Action::accumulate, lanes);
    if (!wide) cycle.count(Action::decode, lanes);  // bf16 is multiplied as it is stored
    cycle.count(Action::encode, lanes);
    for (const Action action : {Action::vector_add, Action::vector_multiply, Action::vector_reduce})
        cycle.count(action, lanes);
    cycle.count(Action::input_buffer_read_bits, lanes * storage);
    cycle.count(Action::input_buffer_write_bits, lanes * storage);
    cycle.count(Action::accumulation_buffer_read_bits, lanes * sums);
    cycle.count(Action::accumulation_buffer_write_bits, lanes * sums);
    double energy = energy_of(prices, cycle).total;
    Whole result;
    const Shares area = area_of(prices);
    for (const Component part : {Component::array, Component::codec, Component::vector, Component::buffers})
        result.area += area[part] / 1e6;
    if (with_control) {
        for (std::size_t u = 0; u < unit_count; ++u)
            if (static_cast<Unit>(u) != Unit::dram)
                energy += prices.cycle[u][static_cast<std::size_t>(UnitState::busy)].value;
        for (const PricedBlock& block : prices.blocks)
            if (block.name == "controller") result.area += block.area.value / 1e6;
    }
    result.power = energy * 0.2;
    return result;
}

struct Averages {
    double area = 0, power = 0;
};
Averages against_bf16(const CostTable& table, const char* preset, bool with_control) {
    Averages average;
    for (const int n : {8, 16, 32}) {
        const Whole own = whole(table, preset, n, with_control), bf16 = whole(table, "bf16", n, with_control);
        average.area += 100 * (own.area / bf16.area - 1) / 3;
        average.power += 100 * (own.power / bf16.power - 1) / 3;
    }
    return average;
}

TEST(Asplos24, UnitPricesAloneMakeTheMachinesTwiceAsDifferentAsFigureThirteen) {
    const Averages posit = against_bf16(base(), "posit8_1_ftz", false),
                   fp8 = against_bf16(base(), "hybrid_fp8", false);
    EXPECT_NEAR(posit.area, -56.3, 0.1);
    EXPECT_NEAR(fp8.area, -52.5, 0.1);
    EXPECT_NEAR(posit.power, -58.7, 0.1);
    EXPECT_NEAR(fp8.power, -60.0, 0.1);
}

TEST(Asplos24, FittedControlAndActivityMeetFigureThirteensAveragesWithinFourPoints) {
    const CostTable table = fitted();
    const Averages posit = against_bf16(table, "posit8_1_ftz", true),
                   fp8 = against_bf16(table, "hybrid_fp8", true);
    EXPECT_NEAR(posit.area, -30, 4);
    EXPECT_NEAR(fp8.area, -34, 4);
    EXPECT_NEAR(posit.power, -26, 4);
    EXPECT_NEAR(fp8.power, -32, 4);
    EXPECT_NEAR(whole(table, "bf16", 32).power, 1000, 1) << "the end of the figure's axis";
    // The paper has FP8's machine smaller; its vector unit in table 8 is larger by more than its MACs are
    // smaller.
    EXPECT_LT(posit.area, fp8.area);
}

TEST(Asplos24, TheFitChangesActivityAndControlAloneAndSaysSo) {
    const CostTable before = base(), after = fitted();
    ASSERT_EQ(before.rows.size(), after.rows.size());
    for (std::size_t i = 0; i < before.rows.size(); ++i)
        for (std::size_t q = 0; q < quantity_count; ++q) {
            const CostRow &a = before.rows[i], &b = after.rows[i];
            const auto quantity = static_cast<Quantity>(q);
            const bool mac = quantity == Quantity::energy && a.components.size() == 1 &&
                             (a.components[0] == "mac" || a.components[0] == "multiplier" ||
                              a.components[0] == "align_adder");
            const bool controller =
                a.components == std::vector<std::string>{"controller"} &&
                (quantity == Quantity::area || a.actions == std::vector<std::string>{"cycle"});
            if (a.values[q].empty()) continue;
            if (mac || controller)
                EXPECT_EQ(b.known(quantity).confidence, Confidence::fitted) << a.where;
            else
                EXPECT_EQ(a.values[q], b.values[q]) << a.where;
        }
    // Control area is c times the columns.
    const double eight = whole(after, "bf16", 8).area - whole(after, "bf16", 8, false).area;
    for (const int n : {16, 32})
        EXPECT_NEAR(whole(after, "bf16", n).area - whole(after, "bf16", n, false).area, eight * n / 8, 1e-9);
}

}  // namespace
}  // namespace octet
