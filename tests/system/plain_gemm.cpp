#include "tests/system/plain_gemm.h"

#include <algorithm>
#include <cmath>

namespace octet::test {
namespace {

// What the multipliers see of a matrix, and what a number of it is multiplied by.
struct Operand {
    std::vector<float> numbers;
    std::vector<std::uint8_t> scales;  // of blocks: a value each
    float scale = 1;                   // of integers
};

float scale_of(const FormatInfo& format, const std::vector<float>& values) {
    double largest = 0;
    for (const float x : values) largest = std::max(largest, std::fabs(double{x}));
    return largest == 0 ? 1 : static_cast<float>(format.tensor_scale(largest));
}

Operand operand_of(const Preset& preset, const std::vector<float>& values, std::size_t rows,
                   std::size_t columns, bool down) {
    const FormatInfo &storage = *find_format(preset.storage), &multiplied = *find_format(preset.operand);
    Operand o;
    if (storage.tensor_scale != nullptr && storage.zero_point == nullptr) o.scale = scale_of(storage, values);
    if (storage.block_length > 0) {
        InBlocks blocks = in_blocks(storage, values, rows, columns, down);
        o.numbers = std::move(blocks.elements);
        o.scales = std::move(blocks.scales);
        return o;
    }
    if (storage.zero_point != nullptr) {
        double low = 0, high = 0;
        for (const float x : values) low = std::min(low, double{x}), high = std::max(high, double{x});
        o.scale = high > low ? static_cast<float>((high - low) / 255) : 1;
        const double zero = high > low ? std::nearbyint(-128 - low / double{o.scale}) : 0;
        for (const float x : values)
            o.numbers.push_back(static_cast<float>(
                std::clamp(std::nearbyint(double{x} / double{o.scale}) + zero, -128.0, 127.0) - zero));
        return o;
    }
    for (const float x : values) {
        if (storage.encode_scaled != nullptr) {
            o.numbers.push_back(
                static_cast<float>(storage.decode(storage.encode_scaled(double{x}, double{o.scale}))));
            continue;
        }
        if (multiplied.kind == FormatKind::logarithmic) {  // a sign and eighths of the logarithm
            const Code code = storage.encode(double{x}, storage.overflow);
            const auto eighths = static_cast<float>(code & 0x7f);
            o.numbers.push_back(code == 0x80 ? std::nanf("") : code > 0x80 ? -eighths : eighths);
            continue;
        }
        const double stored = storage.decode(storage.encode(double{x}, storage.overflow));
        o.numbers.push_back(
            static_cast<float>(multiplied.decode(multiplied.encode(stored, multiplied.overflow))));
    }
    return o;
}

}  // namespace

InBlocks in_blocks(const FormatInfo& format, const std::vector<float>& values, std::size_t rows,
                   std::size_t columns, bool down) {
    InBlocks e{std::vector<float>(values.size()), std::vector<std::uint8_t>(values.size()),
               std::vector<double>(values.size())};
    const std::size_t lines = down ? columns : rows, length = down ? rows : columns,
                      of_block = static_cast<std::size_t>(format.block_length);
    const double tensor = format.tensor_scale != nullptr ? double{scale_of(format, values)} : 1;
    for (std::size_t line = 0; line < lines; ++line)
        for (std::size_t first = 0; first < length; first += of_block) {
            std::vector<double> block;
            const auto place = [&](std::size_t i) {
                return down ? (first + i) * columns + line : line * columns + first + i;
            };
            for (std::size_t i = 0; i < std::min(of_block, length - first); ++i)
                block.push_back(values[place(i)]);
            const Code scale = format.encode_scale(block, tensor);
            for (std::size_t i = 0; i < block.size(); ++i) {
                const Code code = format.encode_element(block[i], scale, tensor);
                e.scales[place(i)] = static_cast<std::uint8_t>(scale);
                e.elements[place(i)] = static_cast<float>(format.decode(code));
                e.numbers[place(i)] = format.decode_element(code, scale) * tensor;
            }
        }
    return e;
}

std::vector<float> PlainGemm::results() const {
    const FormatInfo &storage = *find_format(preset.storage), &vector = *find_format(preset.vector);
    const auto rounded = [&](double x) {
        return static_cast<float>(vector.decode(vector.encode(x, vector.overflow)));
    };
    const Operand x = operand_of(preset, a, m, k, false), y = operand_of(preset, b, k, n, true);
    GemmRules r = rules;
    r.chunk = r.rows;
    r.logarithms = find_format(preset.operand)->kind == FormatKind::logarithmic;
    std::vector<double> sums;
    if (is_integer(r.accumulator)) {
        const std::vector<IntegerOperand> xi(x.numbers.begin(), x.numbers.end()),
            yi(y.numbers.begin(), y.numbers.end());
        std::vector<std::int32_t> whole(m * n);
        gemm_stepwise(r, IntegerGemm{m, n, k, xi.data(), k, yi.data(), n, whole.data(), n, true, {}});
        sums.assign(whole.begin(), whole.end());
    } else {
        FloatGemm gemm{m, n, k, x.numbers.data(), k, y.numbers.data(), n, nullptr, n, true, {}};
        const auto length = static_cast<std::size_t>(std::max(storage.block_length, 1));
        const std::size_t blocks = (k + length - 1) / length;
        std::vector<std::uint8_t> x_scales, y_scales;
        if (!x.scales.empty()) {
            r.chunk = std::min(r.rows, length);
            for (std::size_t i = 0; i < m * blocks; ++i)
                x_scales.push_back(x.scales[i / blocks * k + i % blocks * length]);
            for (std::size_t i = 0; i < blocks * n; ++i)
                y_scales.push_back(y.scales[i / n * length * n + i % n]);
            gemm.scales = {x_scales.data(), y_scales.data(), blocks, n, 0, length, storage.scale_values};
        }
        std::vector<float> floats(m * n);
        gemm.sums = floats.data();
        gemm_stepwise(r, gemm);
        sums.assign(floats.begin(), floats.end());
    }
    // Sums times the scales of integers: a product of 24 and 24 bits, or of 32 and 24, to the nearest double
    // or, where that is no tie, beside it.
    std::vector<float> results;
    for (const double sum : sums) results.push_back(rounded(sum * double{x.scale * y.scale}));
    if (bias.empty()) return results;
    const std::vector<double> added =
        storage.block_length > 0 ? in_blocks(storage, bias, 1, n, false).numbers : std::vector<double>{};
    for (std::size_t i = 0; i < results.size(); ++i) {
        const double stored = !added.empty()
                                  ? added[i % n]
                                  : storage.decode(storage.encode(double{bias[i % n]}, storage.overflow));
        results[i] = rounded(double{results[i]} + double{rounded(stored)});
    }
    return results;
}

}  // namespace octet::test
