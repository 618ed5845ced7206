// Matrices of numbers as codes in a memory, packed bit after bit: what decoders and encoders see.
//
// Every row of a piece begins at a byte. Within it values follow one another, one every `pitch` bits, the
// first in the lowest bits.
#pragma once
#include <span>
#include <vector>

#include "models/accelerator/command.h"
#include "models/formats/registry.h"
#include "models/memory/byte_store.h"

namespace octet {

struct CodedFormat {
    const FormatInfo* info = nullptr;
    float scale = 1;  // of a tensor that has one: value = what the code stands for * scale
    bool scaled() const { return info->tensor_scale != nullptr; }
};

// A matrix where it lies in a memory; see Strips and piece_columns in command.h.
struct CodedMatrix {
    Strips strips;
    std::uint32_t rows = 0, columns = 0, piece_columns = 0;
    std::uint32_t pitch = 0;  // bits from one value of a row to the next, 0: those of a value
    ScalePlane scales{};
    int zero = 0;  // the code of 0, of a tensor that has one
    // Of columns [first, first + count), which lie in one piece, of a row.
    struct Run {
        Address address;
        std::uint32_t first, count;
    };
    std::uint32_t pieces() const { return piece_columns == 0 ? 1 : ceil_div(columns, piece_columns); }
    Run run(std::uint32_t row, std::uint32_t piece) const;
};

// Codes of one row, one by one: `codes` in code_bytes(*info) bytes each.
struct Packing {
    int bits, pitch, code_bytes;
    bool plain() const { return bits == 8 * code_bytes && pitch == bits; }
};
void unpack(const std::uint8_t* bytes, const Packing& packing, std::size_t count, std::byte* codes);
void pack(const std::byte* codes, const Packing& packing, std::size_t count, std::uint8_t* bytes);

// rows x columns numbers, row by row, at tensor scale 1, less the zero point; elements of blocks at scale 1
// too if the matrix names no scales.
std::vector<float> read_numbers(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format);
// The codes of 8-bit and narrower two's complement integers, sign-extended, less the zero point.
std::vector<std::int16_t> read_integers(ByteStore& memory, const CodedMatrix& matrix,
                                        const FormatInfo& format);
// The codes themselves.
std::vector<Code> read_codes(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format);
// The scales of a matrix that has some: see ScalePlane. In memory a code takes whole bytes, the lowest first.
struct ScaleCodes {
    std::uint32_t rows = 0, columns = 0;
    std::vector<Code> codes;
};
ScaleCodes read_scales(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format);
void write_scales(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format,
                  std::span<const Code> codes);
void write_codes(ByteStore& memory, const CodedMatrix& matrix, const FormatInfo& format,
                 std::span<const Code> codes);
// Encodes to the nearest and writes, scales included.
void write_numbers(ByteStore& memory, const CodedMatrix& matrix, const CodedFormat& format,
                   std::span<const float> values);
void write_numbers(ByteStore& memory, const CodedMatrix& matrix, const CodedFormat& format,
                   std::span<const double> values);

}  // namespace octet
