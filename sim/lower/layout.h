// How a matrix lies in a memory: in panels of `panel` columns, one panel after another, each row-major.
//
// The vector unit writes results column tile by column tile and the array reads inputs slab by slab; in
// panels both are runs of consecutive bytes. Static weights (K x N) lie in panels of C columns: then every R
// x C tile is one run, and so is every column of tiles. Rows of a panel are padded to whole bytes; block
// scales follow the same order (one share a row).
#pragma once
#include <cstdint>

#include "models/accelerator/command.h"
#include "models/formats/registry.h"

namespace octet {

// Rows [first, first + count) of a matrix.
struct RowRange {
    std::uint64_t first = 0, count = 0;
};

class Layout {
  public:
    Layout() = default;
    Layout(std::uint64_t rows, std::uint64_t cols, std::uint64_t panel, const FormatInfo& format);

    std::uint64_t rows() const { return rows_; }
    std::uint64_t cols() const { return cols_; }
    std::uint64_t panel() const { return panel_; }
    std::uint64_t panels() const { return ceil_div(cols_, panel_); }
    std::uint64_t width(std::uint64_t p) const { return p + 1 == panels() ? cols_ - p * panel_ : panel_; }
    const FormatInfo& format() const { return *format_; }
    std::uint64_t bytes() const { return bytes_; }

    // Where rows `rows` of panels [first, first + count) lie, as strips, in a memory that holds the matrix at
    // `base`.
    Strips strips(Address base, RowRange rows, std::uint64_t first, std::uint64_t count) const;

  private:
    std::uint64_t prefix(std::uint64_t rows,
                         std::uint64_t width) const;  // bytes of the first `rows` rows of a panel

    std::uint64_t rows_ = 0, cols_ = 0, panel_ = 1;
    const FormatInfo* format_ = nullptr;
    std::uint64_t bytes_ = 0, stride_ = 0;
};

}  // namespace octet
