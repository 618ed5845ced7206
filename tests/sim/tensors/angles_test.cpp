#include "sim/tensors/angles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace octet {
namespace {

TEST(Angles, AreThoseOfThePositionsFromTheFirstOn) {
    const auto table = angle_table({.theta = 10'000}, 7, 2, 4);
    ASSERT_EQ(table.size(), 8u);
    for (const std::size_t row : {0UL, 1UL})
        for (const std::size_t j : {0UL, 1UL}) {
            const double angle = static_cast<double>(7 + row) * (j == 0 ? 1 : 0.01);
            EXPECT_NEAR(table[4 * row + j], std::cos(angle), 1e-14);
            EXPECT_NEAR(table[4 * row + 2 + j], std::sin(angle), 1e-14);
        }
}

// Position 1 shows the frequency itself, as an angle.
double frequency(const Rotation& rotation, std::uint64_t j, std::uint64_t columns) {
    const auto table = angle_table(rotation, 1, 1, columns);
    return std::atan2(table[columns / 2 + j], table[j]);
}

TEST(Angles, OfRoundedFrequenciesAreMultiplesOfThese) {
    const Rotation rounded{.theta = 10'000, .frequencies = Frequencies::bf16};
    EXPECT_NEAR(frequency(rounded, 0, 4), 1, 1e-15);
    EXPECT_NEAR(frequency(rounded, 1, 4), 0x1.48p-7, 1e-15)
        << "0.01 is 1.28 x 2^-7; bf16 steps by 2^-14 here";
    const auto table = angle_table(rounded, 100, 1, 4);
    EXPECT_NEAR(table[1], std::cos(100 * 0x1.48p-7), 1e-14);
}

TEST(Angles, OfLongWavesAreStretchedAndOfShortOnesNot) {
    const Rotation plain{.theta = 500'000};
    const Rotation llama3{
        .theta = 500'000, .factor = 32, .low_frequency = 1, .high_frequency = 4, .original_positions = 8192};
    std::size_t kept = 0, stretched = 0, between = 0;
    for (std::uint64_t j = 0; j < 32; ++j) {
        const double f = std::pow(500'000.0, -static_cast<double>(j) / 32),
                     wavelength = 2 * std::numbers::pi / f;
        ASSERT_NEAR(frequency(plain, j, 64), f, 1e-12);
        double wanted = f;
        if (wavelength > 8192.0 / 1) {
            wanted = f / 32;
            ++stretched;
        } else if (wavelength >= 8192.0 / 4) {
            const double smooth = (8192 / wavelength - 1) / (4 - 1);
            wanted = (1 - smooth) * f / 32 + smooth * f;
            ++between;
        } else {
            ++kept;
        }
        EXPECT_NEAR(frequency(llama3, j, 64), wanted, 1e-12) << j;
    }
    EXPECT_GT(kept, 5u);
    EXPECT_GT(stretched, 5u);
    EXPECT_GT(between, 1u);
}

}  // namespace
}  // namespace octet
