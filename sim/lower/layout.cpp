#include "sim/lower/layout.h"

#include <array>
#include <stdexcept>

namespace octet {
namespace {

std::uint32_t strip_size(std::uint64_t bytes) {
    if (bytes > 0xffffffffU) throw std::length_error("a strip of a tensor exceeds 4 GiB");
    return static_cast<std::uint32_t>(bytes);
}

// A format of the scales' size, which is all that a layout asks for.
const FormatInfo& scale_format(const FormatInfo& format) {
    static const auto of_bytes = [] {
        std::array<FormatInfo, 5> formats{};
        for (int bytes = 1; bytes <= 4; ++bytes) {
            FormatInfo& info = formats[static_cast<std::size_t>(bytes)];
            info.name = "scale";
            info.bits = 8 * bytes;
        }
        return formats;
    }();
    return of_bytes.at(static_cast<std::size_t>(format.scale_bits) / 8);
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
    layout.row_bits_ = static_cast<std::uint64_t>(format.bits);
    if (unit < cols && unit * layout.row_bits_ % 8 != 0)
        layout.row_bits_ = ceil_div(layout.row_bits_, std::uint64_t{8}) * 8;
    layout.bytes_ = rows * layout.row_bytes(cols);
    return layout;
}

Layout Layout::with_scales(const BlockGrid& grid, std::uint64_t panel) const {
    Layout layout = *this;
    layout.grid_ = grid;
    layout.scale_panel_ = panel;
    layout.bytes_ += layout.scale_layout().bytes();
    return layout;
}

Layout Layout::without_scales() const {
    Layout layout = *this;
    if (grid_.length != 0) layout.bytes_ -= scale_layout().bytes();
    layout.grid_ = {};
    return layout;
}

Layout Layout::scale_layout() const {
    const std::uint64_t rows = grid_.along_rows ? grid_.blocks(rows_) : rows_,
                        cols = grid_.along_rows ? cols_ : grid_.blocks(cols_);
    const FormatInfo& format = scale_format(*format_);
    return scale_panel_ == 0 ? row_major(rows, cols, cols, format) : panels(rows, cols, scale_panel_, format);
}

std::uint64_t Layout::row_bytes(std::uint64_t cols) const {
    if (is_row_major()) return ceil_div(cols * row_bits_, std::uint64_t{8});
    const auto bits = static_cast<std::uint64_t>(format_->bits);
    const std::uint64_t full = cols / panel_, rest = cols % panel_;
    return full * ceil_div(panel_ * bits, std::uint64_t{8}) + ceil_div(rest * bits, std::uint64_t{8});
}

std::uint64_t Layout::most_bytes(std::uint64_t rows, std::uint64_t cols) const {
    const std::uint64_t values = rows * row_bytes(cols);
    if (grid_.length == 0) return values;
    return values + scale_bytes() *
                        (grid_.along_rows ? grid_.most_blocks(rows) * cols : rows * grid_.most_blocks(cols));
}

double Layout::scale_share() const {
    return grid_.length == 0 ? 0 : format_->scale_bits / (1.0 * format_->block_length * format_->bits);
}

std::uint64_t Layout::scale_bytes() const {
    return grid_.length == 0 ? 0 : static_cast<std::uint64_t>(scale_format(*format_).bits) / 8;
}

std::uint64_t Layout::scales_of_tiles(const Block& part, std::uint64_t tile_rows,
                                      std::uint64_t tile_cols) const {
    if (grid_.length == 0) return 0;
    const auto in_lines = [&](std::uint64_t first, std::uint64_t count, std::uint64_t tile) {
        std::uint64_t blocks = 0;
        for (std::uint64_t i = 0; i < count; i += tile)
            blocks += grid_.from(first + i).blocks(std::min(tile, count - i));
        return blocks;
    };
    return grid_.along_rows ? in_lines(part.rows.first, part.rows.count, tile_rows) * part.columns.count
                            : in_lines(part.columns.first, part.columns.count, tile_cols) * part.rows.count;
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

Strips Layout::column(Address base, RowRange rows, std::uint64_t column) const {
    const std::uint64_t panel = is_row_major() ? 0 : column / panel_;
    const std::uint64_t row = row_bytes(is_row_major() ? cols_ : width(panel));
    const std::uint64_t bits = pitch(), value = static_cast<std::uint64_t>(format_->bits);
    if (bits % 8 != 0 || value % 8 != 0) throw std::logic_error("values of a column begin inside a byte");
    Strips s;
    s.base =
        base + panel * panel_bytes(rows_, panel_) + rows.first * row + (column - panel * panel_) * bits / 8;
    s.count = strip_size(rows.count);
    s.bytes = s.last_bytes = strip_size(value / 8);
    s.stride = row;
    return s;
}

ScalePlane Layout::scales(Address base, RowRange rows, ColumnRange columns) const {
    if (grid_.length == 0) return {};
    const Layout plane = scale_layout();
    const auto blocks = [&](std::uint64_t first, std::uint64_t count) {
        const std::uint64_t begin = grid_.block_of(first);
        return std::pair{begin, grid_.block_of(first + count - 1) + 1 - begin};
    };
    ScalePlane scales;
    scales.grid = grid_.from(grid_.along_rows ? rows.first : columns.first);
    if (grid_.along_rows) {
        const auto [first, count] = blocks(rows.first, rows.count);
        rows = {first, count};
    } else {
        const auto [first, count] = blocks(columns.first, columns.count);
        columns = {first, count};
    }
    scales.strips = plane.strips(base + bytes_ - plane.bytes(), rows, columns);
    scales.piece_columns = static_cast<std::uint32_t>(plane.piece_columns());
    return scales;
}

Layout Layout::part(RowRange rows, ColumnRange columns) const {
    if (grid_.length != 0) {
        Layout values = *this;
        values.grid_ = {};
        return values.part(rows, columns)
            .with_scales(grid_.from(grid_.along_rows ? rows.first : columns.first), scale_panel_);
    }
    if (!is_row_major()) return panels(rows.count, columns.count, panel_, *format_);
    Layout layout = *this;
    layout.rows_ = rows.count;
    layout.cols_ = layout.panel_ = columns.count;
    layout.bytes_ = rows.count * layout.row_bytes(columns.count);
    return layout;
}

}  // namespace octet
