#include "sim/tensors/angles.h"

#include <cmath>
#include <numbers>

#include "models/formats/registry.h"

namespace octet {
namespace {

// Of pair j of n values.
double exact_frequency(const Rotation& r, double j, double n) {
    const double plain = std::pow(r.theta, -2 * j / n);
    if (r.factor == 1) return plain;
    // How many wavelengths the original positions hold.
    const double waves = static_cast<double>(r.original_positions) * plain / (2 * std::numbers::pi);
    if (waves < r.low_frequency) return plain / r.factor;
    if (waves > r.high_frequency) return plain;
    const double stays = (waves - r.low_frequency) / (r.high_frequency - r.low_frequency);
    return plain * (stays + (1 - stays) / r.factor);
}

double frequency(const Rotation& r, double j, double n) {
    const double exact = exact_frequency(r, j, n);
    if (r.frequencies == Frequencies::exact) return exact;
    const FormatInfo& bf16 = *find_format("bf16");
    return bf16.decode(bf16.encode(exact, bf16.overflow));
}

}  // namespace

std::vector<double> angle_table(const Rotation& rotation, std::uint64_t first, std::uint64_t rows,
                                std::uint64_t columns) {
    const std::uint64_t half = columns / 2;
    std::vector<double> table(rows * columns);
    for (std::uint64_t j = 0; j < half; ++j) {
        const double f = frequency(rotation, static_cast<double>(j), static_cast<double>(columns));
        for (std::uint64_t row = 0; row < rows; ++row) {
            const double angle = static_cast<double>(first + row) * f;
            table[row * columns + j] = std::cos(angle);
            table[row * columns + half + j] = std::sin(angle);
        }
    }
    return table;
}

}  // namespace octet
