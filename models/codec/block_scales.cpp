#include "models/codec/block_scales.h"

#include <cmath>
#include <limits>

#include "models/formats/block_scale.h"

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
std::array<Number, 256> inverse_powers() {  // 2^(127 - code); 0 of a NaN
    std::array<Number, 256> table{};
    for (int code = 0; code < 255; ++code) table[code] = static_cast<Number>(power_of_two(127 - code));
    return table;
}

}  // namespace

BlockScaling::BlockScaling(const CodedMatrix& matrix, const FormatInfo& format, ScaleCodes scales)
    : scales_(std::move(scales)), values_(format.scale_values), along_rows_(matrix.scales.grid.along_rows) {
    const std::uint32_t count = along_rows_ ? matrix.rows : matrix.columns;
    for (std::uint32_t i = 0; i < count; ++i) block_.push_back(narrow(matrix.scales.grid.block_of(i)));
}

namespace {

// Where magnitudes do not say all: the block itself.
template <class Number>
void choose_by_block(const CodedMatrix& matrix, const CodedFormat& format, std::span<const Number> values,
                     ScaleCodes& scales) {
    const BlockGrid& grid = matrix.scales.grid;
    const std::size_t lines = grid.along_rows ? matrix.columns : matrix.rows,
                      length = grid.along_rows ? matrix.rows : matrix.columns;
    scales.codes.resize(std::size_t{scales.rows} * scales.columns);
    std::vector<double> block;
    for (std::size_t line = 0; line < lines; ++line)
        for (std::uint64_t at = 0, index = 0, end = 0; at < length; at = end, ++index) {
            end = grid.end_of(at, length);
            block.clear();
            for (std::size_t i = at; i < end; ++i)
                block.push_back(
                    double{values[grid.along_rows ? i * matrix.columns + line : line * matrix.columns + i]});
            scales.codes[grid.along_rows ? index * scales.columns + line : line * scales.columns + index] =
                format.info->encode_scale(block, double{format.scale});
        }
}

}  // namespace

// Of factors of eight bits the largest magnitude of a block, and whether a NaN is in it, say all that the
// format needs to know.
template <class Number>
ScaleCodes BlockScaling::choose(const CodedMatrix& matrix, const CodedFormat& format,
                                std::span<const Number> values) {
    const BlockGrid& grid = matrix.scales.grid;
    ScaleCodes scales = shape_of(matrix);
    if (format.info->scale_values == nullptr) {
        choose_by_block(matrix, format, values, scales);
        return scales;
    }
    scales.codes.reserve(std::size_t{scales.rows} * scales.columns);
    const auto scale = [&](double largest, bool nan) {
        const std::array<double, 2> block{largest, nan ? std::numeric_limits<double>::quiet_NaN() : 0};
        scales.codes.push_back(format.info->encode_scale(block, double{format.scale}));
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
template ScaleCodes BlockScaling::choose(const CodedMatrix&, const CodedFormat&, std::span<const float>);
template ScaleCodes BlockScaling::choose(const CodedMatrix&, const CodedFormat&, std::span<const double>);

void BlockScaling::multiply(std::size_t row, std::size_t first, std::span<float> values) const {
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(values[i] * value_of(row, first + i));
}

// Exact but for numbers that lie far below the smallest element.
template <class Number>
void BlockScaling::divide(std::size_t row, std::size_t first, std::span<const Number> values,
                          std::span<Number> elements) const {
    static const auto inverse_of = inverse_powers<Number>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Code scale = of(row, first + i);
        elements[i] = scale == E8m0Code::nan ? 0 : values[i] * inverse_of[scale];
    }
}
template void BlockScaling::divide(std::size_t, std::size_t, std::span<const float>, std::span<float>) const;
template void BlockScaling::divide(std::size_t, std::size_t, std::span<const double>,
                                   std::span<double>) const;

namespace {

std::size_t bytes_of_a_scale(const FormatInfo& format) {
    return static_cast<std::size_t>(format.scale_bits) / 8;
}

// The scales as a matrix of codes of whole bytes in a memory: f(address of a code, its index).
template <class F>
void for_each_scale(ByteStore& memory, const CodedMatrix& matrix, const ScaleCodes& shape, std::size_t width,
                    F&& f) {
    const CodedMatrix plane{matrix.scales.strips,        shape.rows,        shape.columns,
                            matrix.scales.piece_columns, narrow(8 * width), {}};
    for (std::uint32_t piece = 0; piece < plane.pieces(); ++piece)
        for (std::uint32_t row = 0; row < plane.rows; ++row) {
            const CodedMatrix::Run run = plane.run(row, piece);
            std::uint8_t* bytes = memory.at(run.address, run.count * width);
            for (std::size_t i = 0; i < run.count; ++i)
                f(bytes + i * width, std::size_t{row} * plane.columns + run.first + i);
        }
}

}  // namespace

ScaleCodes read_scales(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format) {
    ScaleCodes scales = shape_of(matrix);
    scales.codes.resize(std::size_t{scales.rows} * scales.columns);
    const std::size_t width = bytes_of_a_scale(format);
    for_each_scale(memory, matrix, scales, width, [&](const std::uint8_t* bytes, std::size_t index) {
        Code code = 0;
        for (std::size_t b = 0; b < width; ++b) code |= Code{bytes[b]} << (8 * b);
        scales.codes[index] = code;
    });
    return scales;
}

void write_scales(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format,
                  std::span<const Code> codes) {
    const std::size_t width = bytes_of_a_scale(format);
    for_each_scale(memory, matrix, shape_of(matrix), width, [&](std::uint8_t* bytes, std::size_t index) {
        for (std::size_t b = 0; b < width; ++b) bytes[b] = static_cast<std::uint8_t>(codes[index] >> (8 * b));
    });
}

}  // namespace octet
