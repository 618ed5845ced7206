// Stochastic rounding in whole products: an array that works as gemm.h says, whose every element counts its
// own draws.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "models/arithmetic/gemm.h"
#include "models/arithmetic/random.h"
#include "tests/arithmetic/exact.h"

namespace octet {
namespace {

class Machine {
  public:
    Machine(const GemmRules& rules, std::size_t m, std::size_t n, std::size_t k)
        : rules_(rules),
          m_(m),
          n_(n),
          k_(k),
          done_(rules.rows * rules.columns, rules.first_draw),
          sums_(m * n) {
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        for (auto [data, count] : {std::pair{&a_, m * k}, std::pair{&b_, k * n}})
            for (std::size_t i = 0; i < count; ++i)
                data->push_back(reference::add(normal(random), 0, reference::bf16));
    }

    std::vector<float> weight_stationary() {  // n tile by n tile, in each k tile by k tile, vector by vector
        std::vector<bool> started(m_ * n_);
        for (std::size_t n0 = 0; n0 < n_; n0 += rules_.columns)
            for (std::size_t k0 = 0; k0 < k_; k0 += rules_.chunk)
                for (std::size_t m = 0; m < m_; ++m)
                    for (std::size_t column = 0; column < rules_.columns; ++column) {
                        float sum = 0;
                        for (std::size_t row = 0; row < rules_.chunk; ++row)
                            step(row, column, sum, m, n0 + column, k0 + row);
                        if (n0 + column >= n_) continue;
                        float& held = sums_[m * n_ + n0 + column];
                        held = k0 == 0 ? sum : reference::add(held, sum, reference::bf16);
                    }
        return sums_;
    }
    std::vector<float> output_stationary() {  // n tile by n tile, in each m tile by m tile, k by k
        for (std::size_t n0 = 0; n0 < n_; n0 += rules_.columns)
            for (std::size_t m0 = 0; m0 < m_; m0 += rules_.rows)
                for (std::size_t k = 0; k < k_; ++k)
                    for (std::size_t row = 0; row < rules_.rows; ++row)
                        for (std::size_t column = 0; column < rules_.columns; ++column) {
                            float idle = 0;
                            const bool used = m0 + row < m_ && n0 + column < n_;
                            step(row, column, used ? sums_[(m0 + row) * n_ + n0 + column] : idle, m0 + row,
                                 n0 + column, k);
                        }
        return sums_;
    }
    FloatGemm problem(std::vector<float>& sums) const {
        return {m_, n_, k_, a_.data(), k_, b_.data(), n_, sums.data(), n_, true, {}};
    }

  private:
    // Every element draws in every step, also where the matrices have ended.
    void step(std::size_t row, std::size_t column, float& sum, std::size_t m, std::size_t n, std::size_t k) {
        const std::size_t element = row * rules_.columns + column;
        const std::uint32_t random = draw(rules_.seed, element, done_[element]++);
        if (m < m_ && n < n_ && k < k_)
            sum = reference::mac(sum, a_[m * k_ + k], b_[k * n_ + n], reference::bf16, Rounding::stochastic,
                                 random);
    }

    GemmRules rules_;
    std::size_t m_, n_, k_;
    std::vector<std::uint64_t> done_;
    std::vector<float> a_, b_, sums_;
};

TEST(StochasticGemm, draws_as_an_array_whose_elements_count_their_own_draws) {
    for (const std::size_t rows : {4UL, 16UL})
        for (const std::size_t columns : {3UL, 8UL, 16UL})
            for (const bool one_chain : {false, true}) {
                GemmRules rules;
                rules.rounding = Rounding::stochastic;
                rules.seed = 0xabcdef;
                rules.first_draw = 11;
                rules.rows = rows;
                rules.columns = columns;
                rules.chunk = one_chain ? 0 : rows;
                constexpr std::size_t m = 21, n = 37, k = 45;
                Machine machine(rules, m, n, k);
                const auto expected = one_chain ? machine.output_stationary() : machine.weight_stationary();
                for (int isa = 0; isa <= static_cast<int>(best_isa()) + 1; ++isa) {
                    std::vector<float> sums(m * n);
                    if (isa > static_cast<int>(best_isa()))
                        gemm_stepwise(rules, machine.problem(sums));
                    else
                        gemm(rules, machine.problem(sums), static_cast<Isa>(isa));
                    for (std::size_t i = 0; i < sums.size(); ++i)
                        ASSERT_PRED2(reference::same_bits, sums[i], expected[i])
                            << rows << " x " << columns << " one chain " << one_chain << " isa " << isa
                            << " element " << i;
                }
            }
}

}  // namespace
}  // namespace octet
