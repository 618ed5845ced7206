#include "sim/lower/layout.h"

#include <stdexcept>

namespace octet {
namespace {

// Bytes of `rows` rows of `width` values: each row with its share of the block scales, padded to whole bytes.
std::uint64_t matrix_bytes(const FormatInfo& format, std::uint64_t rows, std::uint64_t width) {
    const auto bits = static_cast<std::uint64_t>(format.bits),
               scale = static_cast<std::uint64_t>(format.scale_bits);
    const auto block = static_cast<std::uint64_t>(format.block_length > 0 ? format.block_length : 1);
    return rows * ceil_div(width * (bits * block + scale), 8 * block);
}

std::uint32_t strip_size(std::uint64_t bytes) {
    if (bytes > 0xffffffffU) throw std::length_error("a strip of a tensor exceeds 4 GiB");
    return static_cast<std::uint32_t>(bytes);
}

}  // namespace

Layout::Layout(std::uint64_t rows, std::uint64_t cols, std::uint64_t panel, const FormatInfo& format)
    : rows_(rows), cols_(cols), panel_(panel < cols ? panel : cols), format_(&format) {
    stride_ = prefix(rows_, panel_);
    bytes_ = (panels() - 1) * stride_ + prefix(rows_, width(panels() - 1));
}

std::uint64_t Layout::prefix(std::uint64_t rows, std::uint64_t width) const {
    return matrix_bytes(*format_, rows, width);
}

Strips Layout::strips(Address base, RowRange rows, std::uint64_t first, std::uint64_t count) const {
    Strips s;
    const std::uint64_t start = prefix(rows.first, panel_);
    s.count = static_cast<std::uint32_t>(count);
    s.bytes = strip_size(prefix(rows.first + rows.count, panel_) - start);
    s.stride = stride_;
    s.base = base + first * stride_ + start;
    s.last_bytes = s.bytes;
    const std::uint64_t last = first + count - 1;
    if (width(last) != panel_) {
        const std::uint64_t w = width(last);
        s.last_bytes = strip_size(prefix(rows.first + rows.count, w) - prefix(rows.first, w));
        s.last_shift = start - prefix(rows.first, w);
    }
    return s;
}

}  // namespace octet
