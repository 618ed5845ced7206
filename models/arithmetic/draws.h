// Which draw of random.h rounds which step of a product (gemm.h): the k-th product of element (m, n).
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/arithmetic/gemm.h"
#include "models/arithmetic/random.h"

namespace octet {

// A draw is random_bits(by_k(k, n) + by_m(m, n)), so that kernels can tabulate both.
class DrawOrder {
  public:
    DrawOrder(const GemmRules& rules, std::size_t m, std::size_t k)
        : rules_(rules),
          tile_(rules.chunk != 0 && rules.rows % rules.chunk == 0 ? rules.rows : rules.chunk),
          all_rows_(rules.all_rows == 0 ? rules.first_row + m : rules.all_rows),
          all_k_(k) {}

    std::uint64_t by_k(std::size_t k, std::size_t n) const {
        if (one_chain()) return k * draw_step;
        const std::size_t tiles = (all_k_ + tile_ - 1) / tile_;
        const std::uint64_t pass = n / rules_.columns * tiles + k / tile_;
        return generator(k % tile_, n) + (rules_.first_draw + pass * all_rows_) * draw_step;
    }
    std::uint64_t by_m(std::size_t m, std::size_t n) const {
        const std::size_t row = rules_.first_row + m;
        if (!one_chain()) return row * draw_step;
        const std::size_t tiles = (all_rows_ + rules_.rows - 1) / rules_.rows;
        const std::uint64_t fold = n / rules_.columns * tiles + row / rules_.rows;
        return generator(row % rules_.rows, n) + (rules_.first_draw + fold * all_k_) * draw_step;
    }

  private:
    bool one_chain() const { return rules_.chunk == 0; }
    std::uint64_t generator(std::size_t row, std::size_t n) const {
        return first_state(rules_.seed, row * rules_.columns + n % rules_.columns);
    }

    GemmRules rules_;
    std::size_t tile_;  // rows of a k tile
    std::size_t all_rows_, all_k_;
};

}  // namespace octet
