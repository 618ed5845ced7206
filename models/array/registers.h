// Registers of an array of processing elements, and the registers before its edges.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace octet {

using Flags = std::uint32_t;
constexpr Flags valid = 1;        // something is there
constexpr Flags has_operand = 2;  // an operand that the matrix has: what is missing is not multiplied
constexpr Flags tagged(std::size_t row) {
    return static_cast<Flags>(row + 1) << 8U;
}

// Delays lane i by i * step clocks, or the last lane least: the triangle of registers before an edge.
template <class T>
class Skew {
  public:
    Skew(std::size_t lanes, std::size_t step, bool last_first = false)
        : lanes_(lanes),
          step_(step),
          depth_((lanes - 1) * step + 1),
          last_first_(last_first),
          cells_(depth_ * lanes) {}

    // Lane i takes in operands[i], with `flags`; lanes that have none are not `has_operand`. Nothing enters:
    // 0.
    void step(std::span<const T> operands, Flags flags) {
        if (flags == 0) operands = {};
        newest_ = newest_ + 1 < depth_ ? newest_ + 1 : 0;
        Cell* cell = &cells_[newest_ * lanes_];
        for (std::size_t i = 0; i < lanes_; ++i)
            cell[i] = i < operands.size() ? Cell{operands[i], flags | has_operand} : Cell{T{}, flags};
    }
    struct Cell {
        T value{};
        Flags flags = 0;
    };
    // What leaves lane i in this clock.
    const Cell& leaving(std::size_t i) const {
        const std::size_t delay = (last_first_ ? lanes_ - 1 - i : i) * step_;
        return cells_[(newest_ >= delay ? newest_ - delay : newest_ + depth_ - delay) * lanes_ + i];
    }

  private:
    std::size_t lanes_, step_, depth_, newest_ = 0;
    bool last_first_;
    std::vector<Cell> cells_;  // by clock, then lane
};

// One register of every processing element, row by row.
template <class T>
struct Registers {
    Registers(std::size_t rows, std::size_t columns)
        : value(rows * columns), flags(rows * columns), rows_(rows), columns_(columns) {}

    std::vector<T> value;
    std::vector<Flags> flags;

    void move_right(const Skew<T>& edge) {
        std::copy_backward(value.begin(), value.end() - 1, value.end());
        std::copy_backward(flags.begin(), flags.end() - 1, flags.end());
        for (std::size_t i = 0; i < rows_; ++i) enter(i * columns_, edge.leaving(i));
    }
    void move_down(const Skew<T>& edge) {
        move_down();
        for (std::size_t j = 0; j < columns_; ++j) enter(j, edge.leaving(j));
    }
    void move_down() {
        const auto columns = static_cast<std::ptrdiff_t>(columns_);
        std::copy_backward(value.begin(), value.end() - columns, value.end());
        std::copy_backward(flags.begin(), flags.end() - columns, flags.end());
        std::fill_n(value.begin(), columns, T{});
        std::fill_n(flags.begin(), columns, Flags{0});
    }

    // Toward row 0, for arrays whose rows are counted from the bottom.
    void move_to_row_0() {
        const auto columns = static_cast<std::ptrdiff_t>(columns_);
        std::copy(value.begin() + columns, value.end(), value.begin());
        std::copy(flags.begin() + columns, flags.end(), flags.begin());
        std::fill_n(value.end() - columns, columns, T{});
        std::fill_n(flags.end() - columns, columns, Flags{0});
    }
    void move_to_row_0(const Skew<T>& edge) {
        move_to_row_0();
        for (std::size_t j = 0; j < columns_; ++j) enter((rows_ - 1) * columns_ + j, edge.leaving(j));
    }

  private:
    void enter(std::size_t e, const typename Skew<T>::Cell& cell) {
        value[e] = cell.value;
        flags[e] = cell.flags;
    }
    std::size_t rows_, columns_;
};

}  // namespace octet
