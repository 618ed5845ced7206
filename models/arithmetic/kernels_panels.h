// Both operands, copied in the order in which a kernel reads them: A in tiles of `rows` rows, B in panels of
// `columns` columns, one k after the other; zeros beyond the edges.

// Cut along k at whole chunks, so that a panel stays in the first-level cache where chunks are short enough.
inline std::size_t panel_depth(std::size_t chunk) {
    return std::max<std::size_t>(256 / chunk, 1) * chunk;
}

// Room for numbers, on a cache line.
template <class Number>
class Room {
  public:
    explicit Room(std::size_t count) : lines_((count * sizeof(Number) + sizeof(Line) - 1) / sizeof(Line)) {}
    Number* data() { return reinterpret_cast<Number*>(lines_.data()); }

  private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    std::vector<Line> lines_;
};

template <int rows, class Number>
inline void pack_rows(const FloatGemm& p, std::size_t k_begin, std::size_t k_end, Number* tile) {
    for (std::size_t m = 0; m < p.m; m += rows)
        for (std::size_t k = k_begin; k < k_end; ++k, tile += rows)
            for (std::size_t r = 0; r < rows; ++r) tile[r] = m + r < p.m ? p.a[(m + r) * p.a_stride + k] : 0;
}

template <int columns, class Number>
inline void pack_columns(const FloatGemm& p, std::size_t n, std::size_t k_begin, std::size_t k_end,
                         Number* panel) {
    const std::size_t used = std::min<std::size_t>(columns, p.n - n);
    for (std::size_t k = k_begin; k < k_end; ++k, panel += columns) {
        std::copy_n(p.b + k * p.b_stride + n, used, panel);
        std::fill(panel + used, panel + columns, Number{0});
    }
}

// The factors scale a * scale b of one row and the columns of a panel.
template <int columns>
inline void scales_of(const FloatGemm& p, std::size_t m, std::size_t n, std::size_t k,
                      double (&factors)[columns]) {
    const BlockScales& scales = p.scales;
    const std::size_t block = scales.block_of(k);
    const double left = scales.values[scales.a[std::min(m, p.m - 1) * scales.a_stride + block]];
    for (std::size_t c = 0; c < columns; ++c)
        factors[c] = left * scales.values[scales.b[block * scales.b_stride + std::min(n + c, p.n - 1)]];
}

// `rows` x `columns` sums between the accumulation buffer and a tile. What is not there yet reads as -0, to
// which any number can be added without a change; every NaN that leaves is the same one.
template <int rows, int columns, class Number>
inline void fetch(const FloatGemm& p, std::size_t m, std::size_t n, std::size_t k,
                  Number (&held)[rows][columns]) {
    std::fill_n(&held[0][0], rows * columns, Number(-0.0));
    if (p.first && k == 0) return;
    for (std::size_t r = 0; r < std::min<std::size_t>(rows, p.m - m); ++r)
        std::copy_n(p.sums + (m + r) * p.sums_stride + n, std::min<std::size_t>(columns, p.n - n), held[r]);
}
template <int rows, int columns, class Number>
inline void put(const FloatGemm& p, std::size_t m, std::size_t n, const Number (&held)[rows][columns]) {
    const std::size_t used = std::min<std::size_t>(columns, p.n - n);
    for (std::size_t r = 0; r < std::min<std::size_t>(rows, p.m - m); ++r) {
        float* out = p.sums + (m + r) * p.sums_stride + n;
        for (std::size_t c = 0; c < used; ++c) {
            const auto sum = static_cast<float>(held[r][c]);
            out[c] = sum == sum ? sum : std::numeric_limits<float>::quiet_NaN();
        }
    }
}
