// Codes in a memory, bit after bit.
#include "models/codec/matrix_codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

namespace octet {
namespace {

unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
}

// `columns` columns of a row in pieces of `piece_columns`, one strip a piece, one byte between strips.
CodedMatrix matrix_of(std::uint32_t rows, std::uint32_t columns, std::uint32_t piece_columns, int bits,
                      std::uint32_t pitch) {
    CodedMatrix m;
    m.rows = rows, m.columns = columns, m.piece_columns = piece_columns, m.pitch = pitch;
    const auto bytes = [&](std::uint32_t values) {
        return static_cast<std::uint32_t>(ceil_div<std::uint64_t>(
            std::uint64_t{values - 1} * (pitch != 0 ? pitch : static_cast<std::uint32_t>(bits)) +
                static_cast<std::uint64_t>(bits),
            8));
    };
    m.strips.base = 3;
    m.strips.count = m.pieces();
    m.strips.bytes = rows * bytes(piece_columns);
    m.strips.last_bytes = rows * bytes(columns - (m.pieces() - 1) * piece_columns);
    m.strips.stride = m.strips.bytes + 1;
    return m;
}

// The bit of value (row, column) at `bit` of its code, by the layout that the header describes.
std::pair<Address, int> place_of(const CodedMatrix& m, int bits, std::uint32_t row, std::uint32_t column,
                                 int bit) {
    const std::uint32_t piece = column / m.piece_columns, within = column % m.piece_columns;
    const Address row_bytes = m.strips.size(piece) / m.rows;
    const std::uint64_t at =
        std::uint64_t{within} * (m.pitch != 0 ? m.pitch : static_cast<std::uint32_t>(bits)) +
        static_cast<std::uint64_t>(bit);
    return {m.strips.address(piece) + row * row_bytes + at / 8, static_cast<int>(at % 8)};
}

TEST(MatrixCodes, LieBitAfterBitAndLeaveWhatIsBesideThem) {
    const unsigned seed = given_seed();
    SCOPED_TRACE("OCTET_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    for (const char* name :
         {"e2m1", "int4", "e3m2", "posit8_1", "int8", "e5m3", "e5m4", "bf16", "posit16_1", "tf32", "fp32"}) {
        const FormatInfo& format = *find_format(name);
        for (int round = 0; round < 20; ++round) {
            const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
            const std::uint32_t rows = 1 + below(5), columns = 1 + below(40), piece = 1 + below(columns),
                                pitch =
                                    below(3) == 0 ? static_cast<std::uint32_t>(format.bits) + below(9) : 0;
            const CodedMatrix m = matrix_of(rows, columns, piece, format.bits, pitch);
            ByteStore memory(1 << 16), untouched(1 << 16);
            for (Address i = 0; i < 4096; ++i)
                *memory.at(i, 1) = *untouched.at(i, 1) = static_cast<std::uint8_t>(random());
            std::vector<float> values(rows * columns);
            std::vector<Code> codes(values.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                const Code all = format.bits == 32 ? ~Code{0} : (Code{1} << format.bits) - 1;
                do codes[i] = static_cast<Code>(random()) & all;
                while (!std::isfinite(format.decode(codes[i])));  // infinities may saturate
                values[i] = static_cast<float>(format.decode(codes[i]));
            }
            write_numbers(memory, m, {&format, 1}, std::span<const float>(values));
            std::vector<std::pair<Address, int>> mine;
            for (std::uint32_t r = 0; r < rows; ++r)
                for (std::uint32_t c = 0; c < columns; ++c)
                    for (int bit = 0; bit < format.bits; ++bit) {
                        const auto [address, at] = place_of(m, format.bits, r, c, bit);
                        const bool seen = (*memory.at(address, 1) >> at & 1) != 0;
                        ASSERT_EQ(seen, (codes[r * columns + c] >> bit & 1) != 0)
                            << name << ' ' << r << ' ' << c;
                        mine.emplace_back(address, at);
                    }
            if (format.bits != 8 * code_bytes(format) ||
                pitch != 0) {  // what is no byte of its own is put bit by bit
                std::vector<std::uint8_t> changed(4096);
                for (const auto& [address, at] : mine) changed[address] |= static_cast<std::uint8_t>(1 << at);
                for (Address i = 0; i < 4096; ++i)
                    ASSERT_EQ(*memory.at(i, 1) & ~changed[i], *untouched.at(i, 1) & ~changed[i])
                        << name << ' ' << i;
            }
            EXPECT_EQ(read_codes(memory, m, format), codes) << name;
            EXPECT_EQ(read_numbers(memory, m, format), values) << name;
            if (format.kind != FormatKind::integer) continue;
            const auto integers = read_integers(memory, m, format);
            EXPECT_EQ(std::vector<float>(integers.begin(), integers.end()), values) << name;
        }
    }
}

TEST(MatrixCodes, OfIntegersRoundTheQuotientOnce) {
    const FormatInfo& int8 = *find_format("int8");
    const CodedMatrix m = matrix_of(1, 4, 4, 8, 0);
    ByteStore memory(64);
    const float scale = 0.1F;
    // Beside ties by less than a float shows; a tie of the exact scale is no tie of the decimal 0.1.
    const double tie = 2.5 * double{scale};
    const std::vector<double> numbers{std::nextafter(tie, 0), tie, std::nextafter(tie, 1), 1e9};
    write_numbers(memory, m, {&int8, scale}, std::span<const double>(numbers));
    EXPECT_EQ(read_integers(memory, m, int8), (std::vector<std::int16_t>{2, 2, 3, 127}));
}

TEST(MatrixCodes, AroundAZeroPointAreReadLessIt) {
    const FormatInfo& format = *find_format("int8_zp");
    CodedMatrix m = matrix_of(2, 3, 3, 8, 0);
    m.zero = -100;
    ByteStore memory(64);
    // At scale 1/2 the codes -128 and 127 stand for -14 and 113.5.
    const std::vector<double> numbers{0, -14, 113.5, 1.2, -1e9, std::nan("")};
    write_numbers(memory, m, {&format, 0.5F}, std::span<const double>(numbers));
    EXPECT_EQ(read_codes(memory, m, format), (std::vector<Code>{0x9c, 0x80, 0x7f, 0x9e, 0x80, 0x9c}));
    EXPECT_EQ(read_numbers(memory, m, format), (std::vector<float>{0, -28, 227, 2, -28, 0}));
    EXPECT_EQ(read_integers(memory, m, format), (std::vector<std::int16_t>{0, -28, 227, 2, -28, 0}));
}

TEST(MatrixCodes, OfDoublesAreRoundedOnce) {
    const FormatInfo& posit = *find_format("posit8_1");
    const CodedMatrix m = matrix_of(1, 3, 3, 8, 0);
    ByteStore memory(64);
    const std::vector<double> numbers{2048, std::nextafter(2048.0, 4096.0), 1};  // 2048 is the border to 4096
    write_numbers(memory, m, {&posit, 1}, std::span<const double>(numbers));
    EXPECT_EQ(read_numbers(memory, m, posit), (std::vector<float>{1024, 4096, 1}));
}

}  // namespace
}  // namespace octet
