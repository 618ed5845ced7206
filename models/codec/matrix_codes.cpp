#include "models/codec/matrix_codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "models/codec/block_scales.h"
#include "models/formats/scaled_floats.h"

namespace octet {
namespace {

Code code_at(const std::byte* codes, int code_bytes, std::size_t i) {
    Code code = 0;
    std::memcpy(&code, codes + i * static_cast<std::size_t>(code_bytes),
                static_cast<std::size_t>(code_bytes));
    return code;
}

Packing packing_of(const CodedMatrix& matrix, const FormatInfo& format) {
    return {format.bits, matrix.pitch != 0 ? static_cast<int>(matrix.pitch) : format.bits,
            code_bytes(format)};
}

// Calls f(bytes of the row's piece, index of its first value among all, number of values).
template <class F>
void for_each_run(ByteStore& memory, const CodedMatrix& m, const Packing& packing, F&& f) {
    for (std::uint32_t piece = 0; piece < m.pieces(); ++piece)
        for (std::uint32_t row = 0; row < m.rows; ++row) {
            const CodedMatrix::Run run = m.run(row, piece);
            const std::uint64_t bits =
                (std::uint64_t{run.count} - 1) * static_cast<std::uint64_t>(packing.pitch) +
                static_cast<std::uint64_t>(packing.bits);
            const std::uint64_t size = ceil_div<std::uint64_t>(bits, 8);
            f(memory.at(run.address, size), std::size_t{row} * m.columns + run.first, std::size_t{run.count});
        }
}

template <class Number>
class RowEncoder {
  public:
    RowEncoder(const CodedFormat& format, int zero, std::size_t most)
        : format_(format),
          zero_(zero),
          width_(static_cast<std::size_t>(code_bytes(*format.info))),
          codes_(most * width_) {}

    // The codes, valid until the next call.
    const std::byte* operator()(std::span<const Number> row) {
        const FormatInfo& info = *format_.info;
        const double scale{format_.scale};
        const auto each = [&](auto&& code_of) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                const Code code = code_of(double{row[i]});
                std::memcpy(codes_.data() + i * width_, &code, width_);
            }
        };
        if (info.encode_around != nullptr) {
            each([&](double x) { return info.encode_around(x, scale, zero_); });
        } else if (info.encode_scaled != nullptr) {
            each([&](double x) { return info.encode_scaled(x, scale); });
        } else if (scale != 1) {
            each([&](double x) { return info.encode(quotient_to_odd(x, scale), info.overflow); });
        } else if constexpr (std::is_same_v<Number, float>) {
            info.encode_floats(row, codes_.data(), info.overflow);
        } else {
            floats_.assign(row.begin(), row.end());  // numbers that are floats go by table
            if (std::equal(row.begin(), row.end(), floats_.begin()))
                info.encode_floats(floats_, codes_.data(), info.overflow);
            else
                info.encode_doubles(row, codes_.data(), info.overflow);
        }
        return codes_.data();
    }

  private:
    CodedFormat format_;
    int zero_;
    std::size_t width_;
    std::vector<std::byte> codes_;
    std::vector<float> floats_;
};

template <class Number>
void write(ByteStore& memory, const CodedMatrix& matrix, const CodedFormat& format,
           std::span<const Number> values) {
    const Packing packing = packing_of(matrix, *format.info);
    RowEncoder<Number> encoder(format, matrix.zero, matrix.columns);
    if (!matrix.scales) {
        for_each_run(memory, matrix, packing, [&](std::uint8_t* bytes, std::size_t first, std::size_t count) {
            pack(encoder(values.subspan(first, count)), packing, count, bytes);
        });
        return;
    }
    const BlockScaling scaling(matrix, *format.info, BlockScaling::choose(matrix, format, values));
    write_scales(memory, matrix, *format.info, scaling.codes().codes);
    std::vector<Number> elements(matrix.columns);
    std::vector<std::byte> codes(matrix.columns * static_cast<std::size_t>(packing.code_bytes));
    for_each_run(memory, matrix, packing, [&](std::uint8_t* bytes, std::size_t first, std::size_t count) {
        const std::size_t row = first / matrix.columns, column = first % matrix.columns;
        const auto numbers = values.subspan(first, count);
        if (scaling.powers_of_two()) {
            scaling.divide(row, column, numbers, std::span(elements));
            pack(encoder(std::span<const Number>(elements).first(count)), packing, count, bytes);
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const Code code = format.info->encode_element(double{numbers[i]}, scaling.of(row, column + i),
                                                          double{format.scale});
            std::memcpy(codes.data() + i * static_cast<std::size_t>(packing.code_bytes), &code,
                        static_cast<std::size_t>(packing.code_bytes));
        }
        pack(codes.data(), packing, count, bytes);
    });
}

}  // namespace

CodedMatrix::Run CodedMatrix::run(std::uint32_t row, std::uint32_t piece) const {
    if (piece_columns == 0) {  // whole rows
        if (strips.count == 1) {
            const std::uint64_t row_bytes = strips.last_bytes / rows;
            return {strips.base + row * row_bytes, 0, columns};
        }
        if (strips.count != rows) throw std::logic_error("a matrix by rows needs a piece for each row");
        return {strips.address(row), 0, columns};
    }
    if (piece >= strips.count) throw std::logic_error("a matrix has fewer pieces than columns ask for");
    const std::uint32_t first = piece * piece_columns;
    const std::uint64_t step = strips.step != 0 ? strips.step : strips.size(piece) / rows;
    return {strips.address(piece) + row * step, first, std::min(piece_columns, columns - first)};
}

void unpack(const std::uint8_t* bytes, const Packing& packing, std::size_t count, std::byte* codes) {
    const auto [bits, pitch, width] = packing;
    const auto code_size = static_cast<std::size_t>(width);
    if (packing.plain()) {
        std::memcpy(codes, bytes, count * code_size);
        return;
    }
    const Code mask = static_cast<Code>((std::uint64_t{1} << bits) - 1);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t bit = i * static_cast<std::size_t>(pitch);
        std::uint64_t window = 0;
        const std::size_t used = (bit % 8 + static_cast<std::size_t>(bits) + 7) / 8;
        for (std::size_t b = 0; b < used; ++b) window |= std::uint64_t{bytes[bit / 8 + b]} << (8 * b);
        const Code code = static_cast<Code>(window >> (bit % 8)) & mask;
        std::memcpy(codes + i * code_size, &code, code_size);
    }
}

void pack(const std::byte* codes, const Packing& packing, std::size_t count, std::uint8_t* bytes) {
    const auto [bits, pitch, width] = packing;
    if (packing.plain()) {
        std::memcpy(bytes, codes, count * static_cast<std::size_t>(width));
        return;
    }
    const Code mask = static_cast<Code>((std::uint64_t{1} << bits) - 1);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t bit = i * static_cast<std::size_t>(pitch);
        const std::uint64_t code = std::uint64_t{code_at(codes, width, i) & mask} << (bit % 8);
        const std::uint64_t keep = ~(std::uint64_t{mask} << (bit % 8));
        const std::size_t used = (bit % 8 + static_cast<std::size_t>(bits) + 7) / 8;
        for (std::size_t b = 0; b < used; ++b)
            bytes[bit / 8 + b] =
                static_cast<std::uint8_t>((bytes[bit / 8 + b] & keep >> (8 * b)) | code >> (8 * b));
    }
}

std::vector<float> read_numbers(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& info) {
    const int width = code_bytes(info);
    const Packing packing = packing_of(matrix, info);
    std::vector<float> values(std::size_t{matrix.rows} * matrix.columns);
    std::vector<std::byte> codes(std::size_t{matrix.columns} * static_cast<std::size_t>(width));
    std::optional<BlockScaling> scaling;
    if (matrix.scales) scaling.emplace(matrix, info, read_scales(memory, matrix, info));
    const bool by_element = scaling && info.scale_values == nullptr;
    for_each_run(memory, matrix, packing, [&](std::uint8_t* bytes, std::size_t first, std::size_t count) {
        const std::span<float> row(values.data() + first, count);
        if (by_element) {
            unpack(bytes, packing, count, codes.data());
            for (std::size_t i = 0; i < count; ++i)
                row[i] = static_cast<float>(
                    info.decode_element(code_at(codes.data(), width, i),
                                        scaling->of(first / matrix.columns, first % matrix.columns + i)));
            return;
        }
        if (packing.plain()) {
            info.decode_floats(reinterpret_cast<const std::byte*>(bytes), row);
        } else {
            unpack(bytes, packing, count, codes.data());
            info.decode_floats(codes.data(), row);
        }
        if (scaling) scaling->multiply(first / matrix.columns, first % matrix.columns, row);
        if (matrix.zero != 0)
            for (float& x : row) x -= static_cast<float>(matrix.zero);
    });
    return values;
}

std::vector<Code> read_codes(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format) {
    const Packing packing = packing_of(matrix, format);
    std::vector<Code> values(std::size_t{matrix.rows} * matrix.columns);
    std::vector<std::byte> codes(std::size_t{matrix.columns} * static_cast<std::size_t>(packing.code_bytes));
    for_each_run(memory, matrix, packing, [&](std::uint8_t* bytes, std::size_t first, std::size_t count) {
        unpack(bytes, packing, count, codes.data());
        for (std::size_t i = 0; i < count; ++i)
            values[first + i] = code_at(codes.data(), packing.code_bytes, i);
    });
    return values;
}

std::vector<std::int16_t> read_integers(ByteStore& memory, const CodedMatrix& matrix,
                                        const FormatInfo& format) {
    if (format.bits > 8) throw std::logic_error("integer operands have at most 8 bits");
    std::vector<std::int16_t> values(std::size_t{matrix.rows} * matrix.columns);
    std::vector<std::byte> codes(matrix.columns);
    const int shift = 8 - format.bits;
    const Packing packing = packing_of(matrix, format);
    for_each_run(memory, matrix, packing, [&](std::uint8_t* bytes, std::size_t first, std::size_t count) {
        unpack(bytes, packing, count, codes.data());
        for (std::size_t i = 0; i < count; ++i)
            values[first + i] = static_cast<std::int16_t>(
                (static_cast<std::int8_t>(std::to_integer<unsigned>(codes[i]) << shift) >> shift) -
                matrix.zero);
    });
    return values;
}

void write_codes(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format,
                 std::span<const Code> values) {
    const Packing packing = packing_of(matrix, format);
    const auto width = static_cast<std::size_t>(packing.code_bytes);
    std::vector<std::byte> codes(matrix.columns * width);
    for_each_run(memory, matrix, packing, [&](std::uint8_t* bytes, std::size_t first, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            std::memcpy(codes.data() + i * width, &values[first + i], width);
        pack(codes.data(), packing, count, bytes);
    });
}

void write_numbers(ByteStore& memory, const CodedMatrix& matrix, const CodedFormat& format,
                   std::span<const float> values) {
    write(memory, matrix, format, values);
}
void write_numbers(ByteStore& memory, const CodedMatrix& matrix, const CodedFormat& format,
                   std::span<const double> values) {
    write(memory, matrix, format, values);
}

}  // namespace octet
