#include "models/codec/block_scales.h"

#include <cmath>
#include <limits>

#include "models/formats/block.h"

namespace octet {
namespace {

std::uint32_t narrow(std::uint64_t n) {
    return static_cast<std::uint32_t>(n);
}

// Rows and columns of the scales of a matrix.
ScaleCodes shape_of(const CodedMatrix& matrix) {
    const BlockGrid& grid = matrix.scales.grid;
    if (grid.along_rows) return {narrow(grid.blocks(matrix.rows)), matrix.columns, {}};
    return {matrix.rows, narrow(grid.blocks(matrix.columns)), {}};
}

template <class Number>
std::array<Number, 256> powers(int sign) {  // 2^(sign * (code - 127))
    std::array<Number, 256> table{};
    for (int code = 0; code < 255; ++code)
        table[code] = static_cast<Number>(power_of_two(sign * (code - 127)));
    table[E8m0::nan] = sign > 0 ? std::numeric_limits<Number>::quiet_NaN() : 0;
    return table;
}

}  // namespace

BlockScaling::BlockScaling(const CodedMatrix& matrix, ScaleCodes scales)
    : scales_(std::move(scales)), along_rows_(matrix.scales.grid.along_rows) {
    const std::uint32_t count = along_rows_ ? matrix.rows : matrix.columns;
    for (std::uint32_t i = 0; i < count; ++i) block_.push_back(narrow(matrix.scales.grid.block_of(i)));
}

// The largest magnitude of a block, and whether a NaN is in it, say all that the format needs to know.
template <class Number>
ScaleCodes BlockScaling::choose(const CodedMatrix& matrix, const FormatInfo& format,
                                std::span<const Number> values) {
    const BlockGrid& grid = matrix.scales.grid;
    ScaleCodes scales = shape_of(matrix);
    scales.codes.reserve(std::size_t{scales.rows} * scales.columns);
    const auto scale = [&](double largest, bool nan) {
        const std::array<double, 2> block{largest, nan ? std::numeric_limits<double>::quiet_NaN() : 0};
        scales.codes.push_back(format.encode_scale(block));
    };
    if (!grid.along_rows) {
        for (std::size_t row = 0; row < matrix.rows; ++row)
            for (std::uint64_t c = 0, end = 0; c < matrix.columns; c = end) {
                end = grid.end_of(c, matrix.columns);
                Number largest = 0;
                bool nan = false;
                for (const Number x : values.subspan(row * matrix.columns + c, end - c)) {
                    nan |= x != x;
                    if (std::fabs(x) > largest) largest = std::fabs(x);
                }
                scale(double{largest}, nan);
            }
        return scales;
    }
    std::vector<Number> largest(matrix.columns);
    std::vector<std::uint8_t> nan(matrix.columns);
    for (std::uint64_t r = 0, end = 0; r < matrix.rows; r = end) {
        end = grid.end_of(r, matrix.rows);
        std::fill(largest.begin(), largest.end(), Number{0});
        std::fill(nan.begin(), nan.end(), std::uint8_t{0});
        for (; r < end; ++r)
            for (std::size_t c = 0; c < matrix.columns; ++c) {
                const Number x = values[r * matrix.columns + c], magnitude = std::fabs(x);
                nan[c] |= x != x;
                largest[c] = magnitude > largest[c] ? magnitude : largest[c];
            }
        for (std::size_t c = 0; c < matrix.columns; ++c) scale(double{largest[c]}, nan[c] != 0);
    }
    return scales;
}
template ScaleCodes BlockScaling::choose(const CodedMatrix&, const FormatInfo&, std::span<const float>);
template ScaleCodes BlockScaling::choose(const CodedMatrix&, const FormatInfo&, std::span<const double>);

void BlockScaling::multiply(std::size_t row, std::size_t first, std::span<float> values) const {
    static const auto scale_of = powers<float>(1);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= scale_of[of(row, first + i)];
}

// Exact but for numbers that lie far below the smallest element.
template <class Number>
void BlockScaling::divide(std::size_t row, std::size_t first, std::span<const Number> values,
                          std::span<Number> elements) const {
    static const auto inverse_of = powers<Number>(-1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint8_t scale = of(row, first + i);
        elements[i] = scale == E8m0::nan ? 0 : values[i] * inverse_of[scale];
    }
}
template void BlockScaling::divide(std::size_t, std::size_t, std::span<const float>, std::span<float>) const;
template void BlockScaling::divide(std::size_t, std::size_t, std::span<const double>,
                                   std::span<double>) const;

namespace {

// The scales as a matrix of bytes in a memory.
template <class F>
void for_each_piece(ByteStore& memory, const CodedMatrix& matrix, const ScaleCodes& shape, F&& f) {
    const CodedMatrix plane{matrix.scales.strips,        shape.rows, shape.columns,
                            matrix.scales.piece_columns, 8,          {}};
    for (std::uint32_t piece = 0; piece < plane.pieces(); ++piece)
        for (std::uint32_t row = 0; row < plane.rows; ++row) {
            const CodedMatrix::Run run = plane.run(row, piece);
            f(memory.at(run.address, run.count), std::size_t{row} * plane.columns + run.first, run.count);
        }
}

}  // namespace

ScaleCodes read_scales(ByteStore& memory, const CodedMatrix& matrix) {
    ScaleCodes scales = shape_of(matrix);
    scales.codes.resize(std::size_t{scales.rows} * scales.columns);
    for_each_piece(memory, matrix, scales,
                   [&](const std::uint8_t* bytes, std::size_t first, std::uint32_t n) {
                       std::copy_n(bytes, n, scales.codes.begin() + static_cast<std::ptrdiff_t>(first));
                   });
    return scales;
}

void write_scales(ByteStore& memory, const CodedMatrix& matrix, std::span<const std::uint8_t> codes) {
    for_each_piece(memory, matrix, shape_of(matrix),
                   [&](std::uint8_t* bytes, std::size_t first, std::uint32_t n) {
                       std::copy_n(codes.begin() + static_cast<std::ptrdiff_t>(first), n, bytes);
                   });
}

}  // namespace octet
