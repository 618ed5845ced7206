// Sums of products of narrow integers in 32 bits.

// 16-bit operands two by two along k: no sum overflows, so neither order nor pairing shows.
[[gnu::flatten]] void integer(const IntegerGemm& p) {
    using Words = Lanes::Words;
    constexpr int rows = 4;
    const std::size_t pairs = (p.k + 1) / 2;
    std::vector<std::int32_t> left((p.m + rows - 1) / rows * rows * pairs), panel(pairs * columns);
    const auto both = [&](int low, int high) {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(high) << 16 |
                                         (static_cast<std::uint32_t>(low) & 0xffff));
    };
    for (std::size_t m = 0; m < p.m; ++m) {
        const IntegerOperand* a = p.a + m * p.a_stride;
        for (std::size_t k = 0; k < p.k; k += 2)
            left[m * pairs + k / 2] = both(a[k], k + 1 < p.k ? a[k + 1] : 0);
    }
    for (std::size_t n = 0; n < p.n; n += columns) {
        const std::size_t used = std::min<std::size_t>(columns, p.n - n);
        for (std::size_t k = 0; k < p.k; k += 2) {
            const IntegerOperand* upper = p.b + k * p.b_stride + n;
            const IntegerOperand* lower = upper + p.b_stride;
            std::int32_t* pair = panel.data() + k / 2 * columns;
            for (std::size_t c = 0; c < used; ++c) pair[c] = both(upper[c], k + 1 < p.k ? lower[c] : 0);
        }
        for (std::size_t m = 0; m < p.m; m += rows) {
            Words sums[rows][2];
            for (auto& row : sums) row[0] = row[1] = Lanes::pair(0);
            for (std::size_t k = 0; k < pairs; ++k) {
                const Words low = Lanes::words(&panel[k * columns]),
                            high = Lanes::words(&panel[k * columns + lanes]);
                for (std::size_t r = 0; r < rows; ++r) {
                    const Words a = Lanes::pair(left[(m + r) * pairs + k]);
                    sums[r][0] = Lanes::add_pairs(sums[r][0], a, low);
                    sums[r][1] = Lanes::add_pairs(sums[r][1], a, high);
                }
            }
            for (std::size_t r = 0; r < std::min<std::size_t>(rows, p.m - m); ++r) {
                std::int32_t row[columns];
                Lanes::store(row, sums[r][0]);
                Lanes::store(row + lanes, sums[r][1]);
                std::int32_t* out = p.sums + (m + r) * p.sums_stride + n;
                for (std::size_t c = 0; c < used; ++c) out[c] = p.first ? row[c] : out[c] + row[c];
            }
        }
    }
}
