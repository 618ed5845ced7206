#include "sim/lower/layout.h"

#include <stdexcept>

namespace octet {
namespace {

std::uint32_t strip_size(std::uint64_t bytes) {
    if (bytes > 0xffffffffU) throw std::length_error("a strip of a tensor exceeds 4 GiB");
    return static_cast<std::uint32_t>(bytes);
}

}  // namespace

Layout Layout::panels(std::uint64_t rows, std::uint64_t cols, std::uint64_t panel, const FormatInfo& format) {
    Layout layout;
    layout.rows_ = rows;
    layout.cols_ = cols;
    layout.panel_ = std::min(panel, cols);
    layout.format_ = &format;
    const std::uint64_t last = (cols - 1) / layout.panel_;
    layout.bytes_ =
        last * layout.panel_bytes(rows, layout.panel_) + layout.panel_bytes(rows, layout.width(last));
    return layout;
}

Layout Layout::row_major(std::uint64_t rows, std::uint64_t cols, std::uint64_t unit,
                         const FormatInfo& format) {
    Layout layout;
    layout.rows_ = rows;
    layout.cols_ = layout.panel_ = cols;
    layout.format_ = &format;
    layout.row_bits_ = static_cast<std::uint64_t>(format.bits) + (format.block_length > 0 ? 1 : 0);
    if (unit < cols && unit * layout.row_bits_ % 8 != 0)
        layout.row_bits_ = ceil_div(layout.row_bits_, std::uint64_t{8}) * 8;
    layout.bytes_ = rows * layout.row_bytes(cols);
    return layout;
}

std::uint64_t Layout::row_bytes(std::uint64_t cols) const {
    if (is_row_major()) return ceil_div(cols * row_bits_, std::uint64_t{8});
    const auto bits = static_cast<std::uint64_t>(format_->bits),
               scale = static_cast<std::uint64_t>(format_->scale_bits);
    const auto block = static_cast<std::uint64_t>(format_->block_length > 0 ? format_->block_length : 1);
    const std::uint64_t full = cols / panel_, rest = cols % panel_;
    const auto panel_row = [&](std::uint64_t w) { return ceil_div(w * (bits * block + scale), 8 * block); };
    return full * panel_row(panel_) + panel_row(rest);
}

std::uint64_t Layout::panel_bytes(std::uint64_t rows, std::uint64_t width) const {
    return rows * row_bytes(width);
}

Strips Layout::strips(Address base, RowRange rows, ColumnRange columns) const {
    Strips s;
    if (is_row_major()) {
        const std::uint64_t row = row_bytes(cols_);
        s.base = base + rows.first * row + columns.first * row_bits_ / 8;
        if (columns.count == cols_) {
            s.count = 1;
            s.bytes = s.last_bytes = strip_size(rows.count * row);
        } else {
            s.count = strip_size(rows.count);
            s.bytes = s.last_bytes = strip_size(row_bytes(columns.count));
        }
        s.stride = row;
        return s;
    }
    const std::uint64_t first = columns.first / panel_, end = ceil_div(columns.first + columns.count, panel_);
    if (columns.first % panel_ != 0 || (columns.first + columns.count) % panel_ != 0)
        if (columns.first % panel_ != 0 || columns.first + columns.count != cols_)
            throw std::logic_error("a part of a matrix begins or ends inside a panel");
    s.count = strip_size(end - first);
    s.stride = panel_bytes(rows_, panel_);
    s.bytes = s.last_bytes = strip_size(panel_bytes(rows.count, panel_));
    s.base = base + first * s.stride + panel_bytes(rows.first, panel_);
    if (const std::uint64_t w = width(end - 1); w != panel_) {
        s.last_bytes = strip_size(panel_bytes(rows.count, w));
        s.last_shift = panel_bytes(rows.first, panel_) - panel_bytes(rows.first, w);
    }
    return s;
}

Strips Layout::tiles(Address base, RowRange rows, ColumnRange columns, std::uint64_t tile) const {
    if (!is_row_major()) {
        if (tile != panel_ && columns.count > tile)
            throw std::logic_error("tiles and panels of a matrix differ in width");
        return strips(base, rows, columns);
    }
    Strips s;
    const std::uint64_t row = row_bytes(cols_);
    s.base = base + rows.first * row + columns.first * row_bits_ / 8;
    s.count = strip_size(ceil_div(columns.count, tile));
    s.stride = tile * row_bits_ / 8;
    s.bytes = strip_size(rows.count * row_bytes(std::min(tile, columns.count)));
    s.last_bytes = strip_size(rows.count * row_bytes(columns.count - (s.count - 1) * tile));
    s.step = row;
    return s;
}

Layout Layout::part(RowRange rows, ColumnRange columns) const {
    if (!is_row_major()) return panels(rows.count, columns.count, panel_, *format_);
    Layout layout = *this;
    layout.rows_ = rows.count;
    layout.cols_ = layout.panel_ = columns.count;
    layout.bytes_ = rows.count * layout.row_bytes(columns.count);
    return layout;
}

}  // namespace octet
