// How a matrix lies in a memory.
//
// In panels of `panel` columns, one after another, each row-major: the usual case. The vector unit writes
// results column tile by column tile and the array reads inputs slab by slab; in panels of that width both
// are runs of consecutive bytes. Static weights (K x N) lie in panels of C columns: every R x C tile is one
// run, and so is every column of tiles. Rows of a panel are padded to whole bytes.
//
// Row-major: where tiles of different widths are asked for, where heads are no multiple of them, and for
// tables and parameters. Then a tile's vectors lie a row apart. Values take a whole number of bits, and whole
// bytes if tiles would not begin at a byte otherwise.
//
// The scales of a format with blocks follow the values as a matrix of their own (ScalePlane in command.h), in
// panels or row-major too, without a gap.
#pragma once
#include <algorithm>
#include <cstdint>

#include "models/accelerator/command.h"
#include "models/formats/registry.h"

namespace octet {

// Rows [first, first + count) of a matrix.
struct RowRange {
    std::uint64_t first = 0, count = 0;
};

// Columns [first, first + count).
struct ColumnRange {
    std::uint64_t first = 0, count = 0;
};

// Part of a matrix.
struct Block {
    RowRange rows;
    ColumnRange columns;
    friend bool operator==(const Block& a, const Block& b) {
        return a.rows.first == b.rows.first && a.rows.count == b.rows.count &&
               a.columns.first == b.columns.first && a.columns.count == b.columns.count;
    }
};

// Where a part of a matrix lies.
struct Pieces {
    Strips values;
    ScalePlane scales;
    std::uint64_t bytes() const { return values.total() + scales.strips.total(); }
};

class Layout {
  public:
    Layout() = default;
    static Layout panels(std::uint64_t rows, std::uint64_t cols, std::uint64_t panel,
                         const FormatInfo& format);
    // Tiles may begin at multiples of `unit` columns.
    static Layout row_major(std::uint64_t rows, std::uint64_t cols, std::uint64_t unit,
                            const FormatInfo& format);
    // The same with scales for the blocks of `grid` behind it, in panels of so many columns (0: row-major).
    Layout with_scales(const BlockGrid& grid, std::uint64_t panel) const;
    Layout without_scales() const;

    std::uint64_t rows() const { return rows_; }
    std::uint64_t cols() const { return cols_; }
    bool is_row_major() const { return row_bits_ != 0; }
    // Bits from one value of a row to the next.
    std::uint32_t pitch() const {
        return is_row_major() ? static_cast<std::uint32_t>(row_bits_)
                              : static_cast<std::uint32_t>(format_->bits);
    }
    // Columns in a piece of strips(): a panel's; 0 where pieces are rows.
    std::uint64_t piece_columns() const { return is_row_major() ? 0 : panel_; }
    const FormatInfo& format() const { return *format_; }
    const BlockGrid& grid() const { return grid_; }
    double scale_share() const;  // bits of scales a bit of values
    // Scales that tiles of `tile` rows and columns of a part read, each once a tile.
    std::uint64_t scales_of_tiles(const Block& part, std::uint64_t tile_rows, std::uint64_t tile_cols) const;
    std::uint64_t scale_bytes() const;                  // of one
    std::uint64_t bytes() const { return bytes_; }      // scales included
    std::uint64_t row_bytes(std::uint64_t cols) const;  // that the values of a row of so many columns take
    // What any part of so many rows and columns takes at most, scales included.
    std::uint64_t most_bytes(std::uint64_t rows, std::uint64_t cols) const;

    // Where a part lies in a memory that holds the matrix at `base`. In panels a part begins and ends at
    // panels.
    Strips strips(Address base, RowRange rows, ColumnRange columns) const;
    // The same, one piece for each tile of `width` columns; in panels `width` is the panel's.
    Strips tiles(Address base, RowRange rows, ColumnRange columns, std::uint64_t width) const;
    // One column, a value a piece. Values have to begin at bytes.
    Strips column(Address base, RowRange rows, std::uint64_t column) const;
    // The scales of a part; strips of count 0 if the format has none.
    ScalePlane scales(Address base, RowRange rows, ColumnRange columns) const;
    Pieces pieces(Address base, RowRange rows, ColumnRange columns) const {
        return {strips(base, rows, columns), scales(base, rows, columns)};
    }
    // The layout of such a part when it is packed into a staging area.
    Layout part(RowRange rows, ColumnRange columns) const;

  private:
    std::uint64_t panel_bytes(std::uint64_t rows, std::uint64_t width) const;
    Layout scale_layout() const;
    std::uint64_t width(std::uint64_t p) const { return std::min(panel_, cols_ - p * panel_); }

    std::uint64_t rows_ = 0, cols_ = 0, panel_ = 1, row_bits_ = 0;  // row_bits_: of one value, row-major only
    const FormatInfo* format_ = nullptr;
    std::uint64_t bytes_ = 0;
    BlockGrid grid_;                 // length 0: no scales
    std::uint64_t scale_panel_ = 0;  // 0: row-major
};

}  // namespace octet
