// extent_of, lane by lane, and how far the numbers of each chunk spread: rows of A and columns of B one by
// one, kept tile by tile and panel by panel.

struct LaneExtents {
    I high = I{} - Extent::nothing, low = I{} + Extent::nothing, width{};

    void take(F value) {
        const I bits = reinterpret_cast<I>(value) & 0x7fffffff, field = bits >> 23;
        const I normal = field > 0;
        const I significand = (bits & 0x7fffff) | (normal & 0x800000);
        const F lowest_bit = __builtin_convertvector(significand & -significand, F);
        const I top = field - 126 + normal;  // a field of 0 counts as 1
        const I bottom = top - 23 + (reinterpret_cast<I>(lowest_bit) >> 23) - 127;
        const I counts = (bits > 0) & (bits < 0x7f800000), infinite = bits == 0x7f800000;
        raise(high, infinite ? I{} + Extent::nothing : counts ? top : I{} - Extent::nothing);
        raise(width, counts & (top - bottom + 1));
        const I lower = counts ? bottom : I{} + Extent::nothing;
        low = lower < low ? lower : low;
    }
    Extent lane(int i) const { return {high[i], low[i], width[i]}; }

  private:
    static void raise(I& most, I value) { most = value > most ? value : most; }
};

inline Extent extent_of_row(const float* row, std::size_t count) {
    LaneExtents found;
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) found.take(load<F>(row + i));
    if (i < count) {
        float rest[lanes] = {};
        std::copy(row + i, row + count, rest);
        found.take(load<F>(rest));
    }
    Extent extent;
    for (int lane = 0; lane < lanes; ++lane) extent.merge(found.lane(lane));
    return extent;
}

struct ChunkExtent {
    int high = -Extent::nothing;    // of all
    int spread = -Extent::nothing;  // of the row or column that spreads most
    void merge(const Extent& one) {
        high = std::max(high, one.high);
        spread = std::max(spread, one.spread());
    }
};

struct Spreads {
    Extent a, b;
    std::size_t chunks;
    std::vector<ChunkExtent> of_tile, of_panel;  // `chunks` each

    Spreads(const FloatGemm& p, std::size_t chunk, std::size_t rows)
        : chunks((p.k + chunk - 1) / chunk),
          of_tile((p.m + rows - 1) / rows * chunks),
          of_panel((p.n + lanes - 1) / lanes * chunks) {
        for (std::size_t m = 0; m < p.m; ++m)
            for (std::size_t k = 0; k < p.k; k += chunk) {
                const Extent extent = extent_of_row(p.a + m * p.a_stride + k, std::min(chunk, p.k - k));
                of_tile[m / rows * chunks + k / chunk].merge(extent);
                a.merge(extent);
            }
        std::vector<float> strip(p.k * lanes);
        for (std::size_t n = 0; n < p.n; n += lanes) {
            pack_columns<lanes>(p, n, 0, p.k, strip.data());
            for (std::size_t k = 0; k < p.k; k += chunk) {
                LaneExtents found;
                for (std::size_t i = k; i < std::min(k + chunk, p.k); ++i)
                    found.take(load<F>(&strip[i * lanes]));
                for (int lane = 0; lane < lanes; ++lane) {
                    of_panel[n / lanes * chunks + k / chunk].merge(found.lane(lane));
                    b.merge(found.lane(lane));
                }
            }
        }
    }
    ChunkExtent tile(std::size_t index, std::size_t chunk) const { return of_tile[index * chunks + chunk]; }
    // Of the two strips that make a panel.
    ChunkExtent panel(std::size_t index, std::size_t chunk) const {
        ChunkExtent both = of_panel[2 * index * chunks + chunk];
        if (const std::size_t right = (2 * index + 1) * chunks + chunk; right < of_panel.size()) {
            both.high = std::max(both.high, of_panel[right].high);
            both.spread = std::max(both.spread, of_panel[right].spread);
        }
        return both;
    }
};
