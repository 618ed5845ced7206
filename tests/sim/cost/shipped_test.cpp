// The tables in configs/costs: every preset is priced, and published numbers are those of the publication.
#include <gmock/gmock.h>

#include "sim/config/accelerator_keys.h"
#include "sim/cost/prices.h"
#include "tests/sim/cost/tables.h"

namespace octet {
namespace {

using test::machine_of;
using test::shipped;

class Shipped : public testing::TestWithParam<const char*> {};

TEST_P(Shipped, PricesEveryPresetAtEveryClock) {
    const CostTable table = shipped(GetParam());
    for (const Preset& preset : presets())
        for (const double clock : {5.0, 200.0, 400.0, 123.0}) {
            const PriceList prices = resolve(table, machine_of(preset, clock));
            EXPECT_GT(area_of(prices).total, 0) << preset.name << " at " << clock;
            EXPECT_GT(prices.energy[static_cast<std::size_t>(Action::sram_read_bits)]->value, 0);
            for (const MacActions& part : mac_actions(preset.accumulator == "fixed"))
                for (const Action action : {part.action, part.zero_operand})
                    EXPECT_GT(prices.energy[static_cast<std::size_t>(action)]->value, 0)
                        << preset.name << " at " << clock;
        }
}

TEST_P(Shipped, PricesEveryPresetWithEveryAccumulatorItCanHave) {
    const CostTable table = shipped(GetParam());
    for (const Preset& preset : presets())
        for (const char* accumulator : {"fp32", "bf16", "fp16", "dlfloat16", "fixed", "int24", "int32"}) {
            AcceleratorConfig machine = machine_of(preset, 200);
            machine.pe.accumulator = accumulator;
            machine.buffers.accumulation_format = automatic_buffer(preset, accumulator);
            if (!problems_between(machine).empty()) continue;
            const PriceList prices = resolve(table, machine);
            const bool fixed = machine.pe.accumulator == "fixed";
            for (const MacActions& part : mac_actions(fixed)) {
                const double whole = prices.energy[static_cast<std::size_t>(part.action)]->value;
                EXPECT_GT(whole, 0) << preset.name << ' ' << accumulator;
                EXPECT_LE(prices.energy[static_cast<std::size_t>(part.zero_operand)]->value, whole);
            }
            for (const MacActions& part : mac_actions(!fixed))  // the other kind is never counted
                EXPECT_FALSE(prices.energy[static_cast<std::size_t>(part.action)]);
            EXPECT_EQ(prices.energy[static_cast<std::size_t>(Action::normalise)].has_value(), fixed);
        }
}

TEST_P(Shipped, PricesEverySizePlacementSoftmaxAndWidth) {
    const CostTable table = shipped(GetParam());
    for (const int size : {1, 4, 8, 13, 16, 32, 64, 128})
        for (const auto placement : {CodecPlacement::edge, CodecPlacement::per_pe, CodecPlacement::sram_port})
            for (const auto unit :
                 {SoftmaxUnitKind::exact, SoftmaxUnitKind::posit_approximate, SoftmaxUnitKind::ibert})
                for (const auto exp : {Approximation::exact, Approximation::approximate})
                    for (const auto reciprocal : {Approximation::exact, Approximation::approximate})
                        for (const int width : {32, 64, 128, 512, 2048})
                            for (const Preset& preset :
                                 {*find_preset("posit8_1_ftz"), *find_preset("hybrid_fp8"),
                                  *find_preset("bf16"), *find_preset("mxfp6_e3m2")}) {
                                AcceleratorConfig machine = machine_of(preset, 200, size);
                                machine.codec.placement = placement;
                                machine.softmax = {unit, exp, reciprocal, -4};
                                machine.sram.width_bits = width;
                                EXPECT_NO_THROW(resolve(table, machine)) << preset.name << " " << size;
                            }
}

TEST_P(Shipped, PricesEveryFormatOfWeights) {
    const CostTable table = shipped(GetParam());
    for (const FormatInfo& format : formats())
        for (const char* preset : {"bf16", "e4m3", "int8", "fp16"}) {
            AcceleratorConfig machine = machine_of(preset);
            const auto array = [&] {
                double area = 0;
                for (const PricedBlock& block : resolve(table, machine).blocks)
                    if (block.name == "decoder") area += static_cast<double>(block.count);
                return area;
            };
            const double before = array();
            machine.formats[FormatUse::weights] = format.name;
            if (!problems_of_formats(machine).empty() || format.name == machine.pe.storage) continue;
            const PriceList prices = resolve(table, machine);
            EXPECT_GT(prices.energy[static_cast<std::size_t>(Action::decode_1)]->value, 0)
                << format.name << " on " << preset;
            EXPECT_FALSE(prices.energy[static_cast<std::size_t>(Action::encode_1)])
                << "weights are never encoded";
            EXPECT_EQ(array(), before + machine.array.cols) << format.name << " on " << preset;
        }
}

TEST_P(Shipped, PricesFunctionsInIntegersWhereAMachineHasThem) {
    const CostTable table = shipped(GetParam());
    AcceleratorConfig machine = machine_of("int8");
    const PriceList floats = resolve(table, machine);
    machine.vector.gelu = machine.vector.layernorm = VectorFunctionUnit::ibert;
    const PriceList integers = resolve(table, machine);
    for (const Action action : {Action::integer_gelu, Action::integer_root, Action::integer_divide}) {
        EXPECT_FALSE(floats.energy[static_cast<std::size_t>(action)]);
        EXPECT_GT(integers.energy[static_cast<std::size_t>(action)]->value, 0);
    }
    EXPECT_GT(area_of(integers).total, area_of(floats).total);
}

TEST_P(Shipped, PricesZeroPointsAtTheEdgeAndOperandsOfNineBits) {
    const CostTable table = shipped(GetParam());
    const PriceList plain = resolve(table, machine_of("int8")),
                    around = resolve(table, machine_of("int8_zp"));
    const auto energy = [](const PriceList& prices, Action action) {
        return prices.energy[static_cast<std::size_t>(action)]->value;
    };
    const bool unit = GetParam() == std::string("unit.yaml");
    for (const Action action : {Action::mac, Action::mac_zero_operand, Action::decode, Action::encode})
        if (unit) {
            EXPECT_EQ(energy(around, action), 1);
        } else {
            EXPECT_GT(energy(around, action), energy(plain, action));
        }
    std::uint64_t decoders = 0;
    for (const PricedBlock& block : around.blocks)
        if (block.name == "decoder") decoders += block.count;
    EXPECT_EQ(decoders, 16U + 16U + 3 * 16U) << "rows, columns, and three ports of the lanes";
    EXPECT_GT(area_of(around).total, area_of(plain).total);
}

TEST_P(Shipped, PricesEveryStandardOfDram) {
    const CostTable table = shipped(GetParam());
    for (const char* standard : {"LPDDR4-3200", "LPDDR5-6400", "DDR4-2400", "DDR4-3200", "HBM2"}) {
        AcceleratorConfig machine = machine_of("int8");
        DramDeviceConfig device;
        device.standard = standard;
        machine.dram = device;
        const PriceList prices = resolve(table, machine);
        EXPECT_GT(prices.energy[static_cast<std::size_t>(Action::dram_activate)]->value, 0) << standard;
    }
}

TEST_P(Shipped, StatesASourceForEveryRow) {
    for (const CostRow& row : shipped(GetParam()).rows) EXPECT_FALSE(row.source.empty()) << row.where;
}

INSTANTIATE_TEST_SUITE_P(All, Shipped,
                         testing::Values("asplos24-40nm.yaml", "horowitz-45nm.yaml", "unit.yaml"),
                         [](const auto& test) { return std::string(test.param).substr(0, 4); });

Price price(const PriceList& prices, Action action) {
    return *prices.energy[static_cast<std::size_t>(action)];
}

const PricedBlock& block(const PriceList& prices, std::string_view name) {
    for (const PricedBlock& found : prices.blocks)
        if (found.name == name) return found;
    throw std::runtime_error("no block " + std::string(name));
}

TEST(Blocks, OfTheArrayHaveAnAdderAndAScalerForEverySumThatLeavesInACycle) {
    const CostTable table = shipped("unit.yaml");
    const auto blocks_of = [&](const char* preset, int size) {
        return resolve(table, machine_of(*find_preset(preset), 200, size));
    };
    for (const auto& [size, sums] : {std::pair{16, 16U}, {32, 32U}, {64, 128U}}) {
        const PriceList prices = blocks_of("mxfp8_e4m3", size);
        EXPECT_EQ(block(prices, "accumulator_adder").count, sums);
        EXPECT_EQ(block(prices, "sum_scaler").count, sums);
    }
    const PriceList plain = blocks_of("e4m3", 64);
    EXPECT_EQ(block(plain, "accumulator_adder").count, 64U);
    EXPECT_THROW(block(plain, "sum_scaler"), std::runtime_error);
}

// Of E4M3 with 48 bits in fixed point and with BF16 sums: areas of two PEs synthesised in a 45 nm library, as
// 0.57 to 0.52. The parts add up to that; the rest follows bit by bit.
TEST(Asplos24, PartsOfAFixedPointMacAddUpToThatOfTheSynthesisedOne) {
    const CostTable table = shipped("asplos24-40nm.yaml");
    AcceleratorConfig machine = machine_of("e4m3");
    const PriceList fused = resolve(table, machine);
    machine.pe.accumulator = "fixed";
    machine.pe.fixed_bits = 48;
    const PriceList parts = resolve(table, machine);
    EXPECT_NEAR(price(parts, Action::multiply).value + price(parts, Action::align_add).value,
                1.39 * 0.57 / 0.52, 1e-4);
    EXPECT_NEAR(block(parts, "multiplier").area.value + block(parts, "align_adder").area.value,
                block(fused, "mac").area.value * 0.57 / 0.52, 0.1);
    EXPECT_EQ(block(parts, "multiplier").count, 256U);
    EXPECT_EQ(block(parts, "align_adder").count, 256U);
    EXPECT_EQ(block(parts, "normaliser").count, 16U);
    EXPECT_THROW(block(parts, "mac"), std::runtime_error);
    machine.pe.fixed_bits = 24;
    const PriceList half = resolve(table, machine);
    EXPECT_NEAR(price(half, Action::align_add).value, price(parts, Action::align_add).value / 2, 1e-6);
    EXPECT_NEAR(price(half, Action::normalise).value, price(parts, Action::normalise).value / 2, 1e-6);
    EXPECT_EQ(price(half, Action::multiply).value, price(parts, Action::multiply).value);
    machine.pe.fixed_bits = 0;  // products from 2^-18 to below 2^18, a sign, room for 2^31
    EXPECT_NEAR(price(resolve(table, machine), Action::align_add).value,
                price(parts, Action::align_add).value * 68 / 48, 1e-5);
}

struct Published {
    const char* preset;
    std::array<double, 3> area, power;  // 10^3 um2, uW, at 5, 200 and 400 MHz
};

// Figure 12 of the publication, copied from it and not from the table.
TEST(Asplos24, MultiplyAccumulatesAreThoseOfFigure12) {
    const CostTable table = shipped("asplos24-40nm.yaml");
    const Published figure[] = {
        {"fp32", {5.54, 13.7, 17.1}, {22.4, 1947, 5098}},
        {"bf16", {2.37, 4.07, 7.02}, {7.51, 726, 1373}},
        {"posit8_1_ftz", {1.19, 2.16, 3.32}, {3.88, 303, 885}},
        {"posit8_1", {1.19, 2.16, 3.32}, {3.88, 303, 885}},
        {"hybrid_fp8", {1.09, 1.98, 2.92}, {3.55, 275, 716}},
        {"e4m3", {1.04, 1.94, 2.84}, {3.47, 278, 761}},
        {"e5m2", {1.00, 2.02, 2.86}, {3.29, 274, 673}},
        {"int8", {0.705, 0.705, 0.808}, {2.77, 110, 259}},
    };
    constexpr std::array<double, 3> clocks{5, 200, 400};
    for (const Published& row : figure)
        for (std::size_t i = 0; i < clocks.size(); ++i) {
            const PriceList prices = resolve(table, machine_of(row.preset, clocks[i]));
            const double energy = row.power[i] / clocks[i];  // uW / MHz = pJ
            EXPECT_NEAR(price(prices, Action::mac).value, energy, 1e-5 * energy)
                << row.preset << " " << clocks[i];
            EXPECT_DOUBLE_EQ(block(prices, "mac").area.value, row.area[i] * 1000)
                << row.preset << " " << clocks[i];
            EXPECT_EQ(price(prices, Action::mac).confidence, Confidence::published);
        }
}

TEST(Asplos24, PositCodecsAreThoseOfFigure12) {
    const PriceList prices = resolve(shipped("asplos24-40nm.yaml"), machine_of("posit8_1"));
    EXPECT_NEAR(price(prices, Action::encode).value, 0.247, 1e-6);
    EXPECT_NEAR(price(prices, Action::decode).value, 0.1825, 1e-6);
    EXPECT_EQ(block(prices, "encoder").area.value, 372);
    EXPECT_EQ(block(prices, "decoder").area.value, 269);
}

TEST(Asplos24, SoftmaxEnergiesAreThoseOfFigures8And9) {
    const CostTable table = shipped("asplos24-40nm.yaml");
    const PriceList approximate = resolve(table, machine_of("posit8_1"));
    EXPECT_DOUBLE_EQ(price(approximate, Action::softmax_exp).value, 100.0 / 200);
    EXPECT_DOUBLE_EQ(price(approximate, Action::softmax_reciprocal).value, 40.0 / 200);
    const PriceList bf16_vectors = resolve(table, machine_of("e4m3"));
    EXPECT_DOUBLE_EQ(price(bf16_vectors, Action::softmax_exp).value, 180.0 / 200);
    EXPECT_DOUBLE_EQ(price(bf16_vectors, Action::softmax_reciprocal).value, 161.0 / 200);
    const PriceList fp32_vectors = resolve(table, machine_of("bf16"));
    EXPECT_DOUBLE_EQ(price(fp32_vectors, Action::softmax_exp).value, 335.0 / 200);
    EXPECT_DOUBLE_EQ(price(fp32_vectors, Action::softmax_reciprocal).value, 617.0 / 200);
}

TEST(Asplos24, VectorUnitsAreThoseOfTable8) {
    const CostTable table = shipped("asplos24-40nm.yaml");
    struct Row {
        int lanes;
        double posit_mm2, fp8_mm2, posit_mw, fp8_mw;
    };
    for (const Row& row : {Row{8, 0.208, 0.304, 4.27, 5.76}, Row{16, 0.322, 0.497, 7.8, 13.1},
                           Row{32, 0.572, 0.840, 18.7, 30.9}}) {
        const PriceList posit = resolve(table, machine_of("posit8_1_ftz", 200, row.lanes));
        const PriceList fp8 = resolve(table, machine_of("e4m3", 200, row.lanes));
        EXPECT_DOUBLE_EQ(block(posit, "vector").area.value, row.posit_mm2 * 1e6);
        EXPECT_DOUBLE_EQ(block(fp8, "vector").area.value, row.fp8_mm2 * 1e6);
        EXPECT_EQ(block(fp8, "vector").area.confidence, Confidence::published);
        EXPECT_EQ(block(fp8, "softmax").area.value, 0);
        // A lane that adds, multiplies and reduces in every cycle takes the published power.
        const auto busy = [&](const PriceList& prices) {
            return (price(prices, Action::vector_add).value + price(prices, Action::vector_multiply).value +
                    price(prices, Action::vector_reduce).value) *
                   row.lanes * 200e6 * 1e-9;
        };
        EXPECT_NEAR(busy(posit), row.posit_mw, 1e-4 * row.posit_mw);
        EXPECT_NEAR(busy(fp8), row.fp8_mw, 1e-4 * row.fp8_mw);
    }
}

TEST(Asplos24, AnExactSoftmaxMakesThePositMachineLargerByFigures8And9) {
    const CostTable table = shipped("asplos24-40nm.yaml");
    AcceleratorConfig machine = machine_of("posit8_1_ftz");
    const double approximate = area_of(resolve(table, machine)).total;
    machine.softmax.exp = Approximation::exact;
    EXPECT_NEAR(area_of(resolve(table, machine)).total - approximate, 16 * (3160 - 1210), 1e-6 * approximate);
    machine.softmax.unit = SoftmaxUnitKind::exact;
    EXPECT_NEAR(area_of(resolve(table, machine)).total - approximate, 16 * (3160 - 1210 + 1660 - 254),
                1e-6 * approximate);
}

TEST(Asplos24, MemoriesAreScaledFromTheMacrosIn45nm) {
    const CostTable table = shipped("asplos24-40nm.yaml");
    AcceleratorConfig machine =
        machine_of("posit8_1_ftz");  // 16 banks of 128 KiB, 128 bits: 21.264 / 18.035 pJ, .4764 mm2
    PriceList prices = resolve(table, machine);
    EXPECT_NEAR(price(prices, Action::sram_read_bits).value, 21.264 * 0.789 / 128, 2e-5);
    EXPECT_NEAR(price(prices, Action::sram_write_bits).value, 18.035 * 0.761 / 128, 2e-5);
    EXPECT_EQ(block(prices, "sram").count, 16u);
    EXPECT_NEAR(block(prices, "sram").area.value, 476400 * 0.789, 1);
    // Input buffer: 1024 x 16 x 8 bits = 16 KiB, half of the smallest macro (10.725 pJ, .0976 mm2), two of
    // them.
    EXPECT_NEAR(price(prices, Action::input_buffer_read_bits).value, 10.725 * 0.789 * std::sqrt(0.5) / 128,
                1e-5);
    EXPECT_EQ(block(prices, "input_buffer").count, 2u);
    EXPECT_NEAR(block(prices, "input_buffer").area.value, 97600 * 0.789 / 2, 1);
    // Accumulation buffer: 1024 x 16 x 16 bits = 32 KiB of 256 bits (13.267 pJ), with a second port.
    EXPECT_NEAR(price(prices, Action::accumulation_buffer_read_bits).value, 13.267 * 0.789 * 1.2 / 256, 2e-5);
    EXPECT_EQ(price(prices, Action::accumulation_buffer_read_bits).confidence, Confidence::assumed);
    machine.sram.ports = 4;
    prices = resolve(table, machine);
    EXPECT_NEAR(price(prices, Action::sram_read_bits).value, 21.264 * 0.789 * 1.6 / 128, 3e-5);
    EXPECT_NEAR(block(prices, "sram").area.value, 476400 * 0.789 * 2.5, 3);
    machine.sram.ports = 1;
    machine.sram.width_bits = 1024;  // two macros of 512 bits
    EXPECT_NEAR(price(resolve(table, machine), Action::sram_read_bits).value, 53.484 * 0.789 / 512, 2e-5);
}

// Horowitz, ISSCC 2014, table of energies and areas in 45 nm, copied from it and not from the table.
TEST(Horowitz, MultiplyAccumulatesAreAMultiplicationAndAnAddition) {
    struct Row {
        const char *operand, *accumulator;
        double energy, area;
    };
    const CostTable table = shipped("horowitz-45nm.yaml");
    for (const Row& row :
         {Row{"int8", "int32", 0.2 + 0.1, 282 + 137}, Row{"fp16", "fp16", 1.1 + 0.4, 1640 + 1360},
          Row{"fp32", "fp32", 3.7 + 0.9, 7700 + 4184}}) {
        AcceleratorConfig machine = machine_of(row.operand);
        machine.pe.accumulator = row.accumulator;
        const PriceList prices = resolve(table, machine);
        EXPECT_DOUBLE_EQ(price(prices, Action::mac).value, row.energy) << row.operand;
        EXPECT_DOUBLE_EQ(block(prices, "mac").area.value, row.area) << row.operand;
        EXPECT_EQ(price(prices, Action::mac).confidence, Confidence::published);
    }
}

TEST(Horowitz, AReadOf64BitsFromAMemoryTakesThePublishedEnergy) {
    const CostTable table = shipped("horowitz-45nm.yaml");
    for (const auto& [kib, energy] : {std::pair{8U, 10.0}, {32U, 20.0}, {1024U, 100.0}}) {
        AcceleratorConfig machine = machine_of("int8");
        machine.sram = {kib, 1, 64, 1, 2};
        PriceList prices = resolve(table, machine);
        EXPECT_DOUBLE_EQ(price(prices, Action::sram_read_bits).value * 64, energy);
        EXPECT_EQ(price(prices, Action::sram_read_bits).confidence, Confidence::published);
        EXPECT_EQ(price(prices, Action::sram_write_bits).confidence, Confidence::assumed);
        machine.sram.width_bits = 256;
        prices = resolve(table, machine);
        EXPECT_DOUBLE_EQ(price(prices, Action::sram_read_bits).value * 64, energy);
        EXPECT_EQ(price(prices, Action::sram_read_bits).confidence, Confidence::scaled);
    }
    EXPECT_DOUBLE_EQ(price(resolve(table, machine_of("int8")), Action::dram_read_bits).value, 640.0 / 32);
}

TEST(Horowitz, WhatItDoesNotHoldIsNotCalledPublished) {
    const CostTable table = shipped("horowitz-45nm.yaml");
    for (const Preset& preset : presets()) {
        const std::string_view name = preset.name;
        if (name == "int8" || name == "fp16" || name == "fp32") continue;
        const PriceList prices = resolve(table, machine_of(preset));
        if (preset.accumulator != "fixed") {
            EXPECT_GE(price(prices, Action::mac).confidence, Confidence::scaled) << name;
        } else {
            EXPECT_GE(price(prices, Action::align_add).confidence, Confidence::scaled) << name;
        }
        EXPECT_GE(price(prices, Action::vector_add).confidence, Confidence::scaled) << name;
    }
}

}  // namespace
}  // namespace octet
