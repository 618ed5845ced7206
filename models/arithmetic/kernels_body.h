// The kernels, in terms of `Lanes` of the including file: vectors of floats and integers and their fused
// multiply-add. Included inside a namespace of its own, after all other headers, by one file per instruction
// set. No include guard.
//
// A block of `rows` x `columns` partial sums stays in registers through a chunk. B is copied into panels of
// `columns`.

using F = Lanes::F;
using U = Lanes::U;
constexpr int lanes = Lanes::count;
constexpr int columns = 2 * lanes;

inline F load(const float* p) {
    return *reinterpret_cast<const Lanes::UnalignedF*>(p);
}
inline void store(float* p, F v) {
    *reinterpret_cast<Lanes::UnalignedF*>(p) = v;
}
inline F all(float v) {
    return v - F{};
}

// fp32 to bf16, nearest even. An infinity stays one, and so does a NaN that the processor made.
inline F round_bf16(F v) {
    const U bits = reinterpret_cast<U>(v);
    return reinterpret_cast<F>((bits + 0x7fffU + (bits >> 16 & 1U)) & 0xffff0000U);
}

struct Fp32Step {
    static F mac(F sum, F a, F b) { return Lanes::fma(a, b, sum); }
};
struct Bf16Step {  // where extent.h says that two roundings are one
    static F mac(F sum, F a, F b) { return round_bf16(Lanes::fma(a, b, sum)); }
};
struct Bf16RepairedStep {  // a sum that lies between two bf16 numbers and is not exact moves toward what it
                           // lost
    static F mac(F sum, F a, F b) {
        const F product = a * b;
        const F rounded = product + sum;
        const F lost = sum - (rounded - product);  // exact where it matters: there the product is the larger
        const U bits = reinterpret_cast<U>(rounded);
        const U suspect =
            U((bits << 16) == 0x80000000U) & U(lost != 0) & U(lost == lost);  // all ones where true
        const U outward = U((lost > 0) == (rounded > 0));
        return round_bf16(reinterpret_cast<F>(bits + (suspect & (0U - 1U - 2U * outward))));
    }
};

struct Fp32Buffer {
    static F add(F held, F chunk) { return held + chunk; }
};
struct Bf16Buffer {
    static F add(F held, F chunk) { return round_bf16(held + chunk); }
};

// The partial sums of one chunk: `rows` rows of A, given from the chunk's first k on, times one panel.
template <class Step, int rows>
inline void chain(const float* a, std::size_t a_stride, const float* panel, std::size_t count,
                  F (&sums)[rows][2]) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) sums[r][0] = sums[r][1] = F{};
    for (std::size_t k = 0; k < count; ++k, panel += columns) {
        const F left = load(panel), right = load(panel + lanes);
#pragma GCC unroll 16
        for (int r = 0; r < rows; ++r) {
            const F factor = all(a[static_cast<std::size_t>(r) * a_stride + k]);
            sums[r][0] = Step::mac(sums[r][0], factor, left);
            sums[r][1] = Step::mac(sums[r][1], factor, right);
        }
    }
}

// What a tile of results is made of, beside the step and the buffer.
struct Tile {
    const FloatGemm& problem;
    std::size_t chunk;
    const float* panel;  // columns n .. n + columns of B, from k_begin on
    std::size_t m, n;
    std::size_t k_begin, k_end;
    const int*
        a_spread;  // of row m, chunk by chunk, `chunks` a row; nullptr: every chunk takes the fast step
    const int* b_spread;  // of the panel
    std::size_t chunks;

    template <int rows>
    bool fast(std::size_t k) const {
        if (a_spread == nullptr) return true;
        int spread = a_spread[k / chunk];
        for (std::size_t r = 1; r < rows; ++r) spread = std::max(spread, a_spread[r * chunks + k / chunk]);
        return bf16_spreads_fit(spread, b_spread[k / chunk]);
    }
};

template <int rows>
inline void rescale(const Tile& t, std::size_t k, F (&sums)[rows][2]) {
    const BlockScales& scales = t.problem.scales;
    double right[columns];
    for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t n = std::min(t.n + c, t.problem.n - 1);
        right[c] = E8m0::decode(scales.b[k / 32 * scales.b_stride + n]);
    }
    for (std::size_t r = 0; r < rows; ++r) {
        const double left = E8m0::decode(scales.a[(t.m + r) * scales.a_stride + k / 32]);
        auto* sum = reinterpret_cast<float*>(sums[r]);
        for (std::size_t c = 0; c < columns; ++c) sum[c] = static_cast<float>(sum[c] * (left * right[c]));
    }
}

template <class Fast, class Careful, class Buffer, int rows>
inline void tile(const Tile& t) {
    alignas(64) float held[rows][columns];
    const std::size_t used = std::min<std::size_t>(columns, t.problem.n - t.n);
    float* out = t.problem.sums + t.m * t.problem.sums_stride + t.n;
    bool first = t.problem.first && t.k_begin == 0;
    if (!first)
        for (std::size_t r = 0; r < rows; ++r) std::copy_n(out + r * t.problem.sums_stride, used, held[r]);
    for (std::size_t k = t.k_begin; k < t.k_end; k += t.chunk) {
        const float* a = t.problem.a + t.m * t.problem.a_stride + k;
        const float* panel = t.panel + (k - t.k_begin) * columns;
        const std::size_t count = std::min(t.chunk, t.k_end - k);
        F sums[rows][2];
        if (t.fast<rows>(k))
            chain<Fast, rows>(a, t.problem.a_stride, panel, count, sums);
        else
            chain<Careful, rows>(a, t.problem.a_stride, panel, count, sums);
        if (t.problem.scales.a != nullptr) rescale<rows>(t, k, sums);
        for (int r = 0; r < rows; ++r)
            for (int half = 0; half < 2; ++half) {
                float* at = held[r] + half * lanes;
                store(at, first ? sums[r][half] : Buffer::add(load(at), sums[r][half]));
            }
        first = false;
    }
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < used; ++c) {
            const float sum = held[r][c];
            out[r * t.problem.sums_stride + c] = sum == sum ? sum : std::numeric_limits<float>::quiet_NaN();
        }
}

inline void pack(const FloatGemm& p, std::size_t n, std::size_t k_begin, std::size_t k_end, float* panel) {
    const std::size_t used = std::min<std::size_t>(columns, p.n - n);
    for (std::size_t k = k_begin; k < k_end; ++k, panel += columns) {
        std::copy_n(p.b + k * p.b_stride + n, used, panel);
        std::fill(panel + used, panel + columns, 0.0F);
    }
}

// How far the numbers of each chunk spread: rows of A one by one, columns of B panel by panel.
struct Spreads {
    Extent a, b;
    std::vector<int> a_spread, b_spread;
    std::size_t chunks;

    Spreads(const FloatGemm& p, std::size_t chunk) : chunks((p.k + chunk - 1) / chunk) {
        for (std::size_t m = 0; m < p.m; ++m)
            for (std::size_t k = 0; k < p.k; k += chunk) {
                Extent extent;
                for (std::size_t i = k; i < std::min(k + chunk, p.k); ++i)
                    extent.merge(extent_of(p.a[m * p.a_stride + i]));
                a_spread.push_back(extent.spread());
                a.merge(extent);
            }
        b_spread.reserve((p.n + columns - 1) / columns * chunks);
        for (std::size_t n = 0; n < p.n; n += columns)
            for (std::size_t k = 0; k < p.k; k += chunk) {
                const std::size_t used = std::min<std::size_t>(columns, p.n - n);
                int high[columns], low[columns], width[columns];
                std::fill_n(high, columns, -Extent::nothing);
                std::fill_n(low, columns, Extent::nothing);
                std::fill_n(width, columns, 0);
                for (std::size_t i = k; i < std::min(k + chunk, p.k); ++i)
                    for (std::size_t c = 0; c < used; ++c) {
                        const Extent extent = extent_of(p.b[i * p.b_stride + n + c]);
                        high[c] = std::max(high[c], extent.high);
                        low[c] = std::min(low[c], extent.low);
                        width[c] = std::max(width[c], extent.width);
                    }
                int spread = -Extent::nothing;
                for (std::size_t c = 0; c < used; ++c) {
                    const Extent extent{high[c], low[c], width[c]};
                    spread = std::max(spread, extent.spread());
                    b.merge(extent);
                }
                b_spread.push_back(spread);
            }
    }
};

template <class Fast, class Careful, class Buffer, int rows>
inline void product(const FloatGemm& p, std::size_t chunk, const Spreads* spreads) {
    struct alignas(64) Line {
        float values[16];
    };
    const std::size_t chunks = (p.k + chunk - 1) / chunk;
    const std::size_t depth =
        std::max<std::size_t>(2048 / chunk, 1) * chunk;  // of a panel: stays in the second-level cache
    std::vector<Line> memory((std::min(depth, p.k) * columns + 15) / 16);
    auto* panel = reinterpret_cast<float*>(memory.data());
    for (std::size_t k = 0; k < p.k; k += depth)
        for (std::size_t n = 0; n < p.n; n += columns) {
            Tile t{p, chunk, panel, 0, n, k, std::min(k + depth, p.k), nullptr, nullptr, chunks};
            pack(p, n, t.k_begin, t.k_end, panel);
            const auto place = [&](std::size_t m) {
                t.m = m;
                if (spreads == nullptr) return;
                t.a_spread = spreads->a_spread.data() + m * chunks;
                t.b_spread = spreads->b_spread.data() + n / columns * chunks;
            };
            std::size_t m = 0;
            for (; m + rows <= p.m; m += rows) place(m), tile<Fast, Careful, Buffer, rows>(t);
            for (; m + 4 <= p.m; m += 4) place(m), tile<Fast, Careful, Buffer, 4>(t);
            for (; m < p.m; ++m) place(m), tile<Fast, Careful, Buffer, 1>(t);
        }
}

[[gnu::flatten]] void fp32(const FloatGemm& p, std::size_t chunk) {
    product<Fp32Step, Fp32Step, Fp32Buffer, Lanes::rows>(p, chunk, nullptr);
}

template <class Buffer>
[[gnu::flatten]] inline void bf16_into(const FloatGemm& p, std::size_t chunk, const Spreads* spreads) {
    product<Bf16Step, Bf16RepairedStep, Buffer, Lanes::bf16_rows>(p, chunk, spreads);
}

[[gnu::flatten]] Spreads spreads_of(const FloatGemm& p, std::size_t chunk) {
    return {p, chunk};
}

bool bf16(const FloatGemm& p, std::size_t chunk, bool fp32_buffer) {
    const Spreads spreads = spreads_of(p, chunk);
    if (!bf16_by_fp32(spreads.a, spreads.b)) return false;
    const Spreads* watched = bf16_products_fit(spreads.a, spreads.b) ? nullptr : &spreads;
    if (fp32_buffer)
        bf16_into<Fp32Buffer>(p, chunk, watched);
    else
        bf16_into<Bf16Buffer>(p, chunk, watched);
    return true;
}

// Any format, one result row and panel at a time, in double as mac.h has it; the compiler makes vector code
// of it.
template <class Array, Rounding mode, class Buffer>
[[gnu::flatten]] void general_product(const FloatGemm& p, std::size_t chunk) {
    using Format = typename Array::Format;
    constexpr Overflow overflow = Array::overflow;
    std::vector<float> panel(p.k * columns);
    for (std::size_t n = 0; n < p.n; n += columns) {
        pack(p, n, 0, p.k, panel.data());
        const std::size_t used = std::min<std::size_t>(columns, p.n - n);
        for (std::size_t m = 0; m < p.m; ++m) {
            float* out = p.sums + m * p.sums_stride + n;
            bool first = p.first;
            for (std::size_t start = 0; start < p.k; start += chunk) {
                double sums[columns] = {};
                for (std::size_t k = start; k < std::min(start + chunk, p.k); ++k) {
                    const double a = p.a[m * p.a_stride + k];
                    const float* b = panel.data() + k * columns;
                    for (int c = 0; c < columns; ++c)
                        sums[c] = Format::template round<mode>(add_to_odd(sums[c], a * b[c]), overflow);
                }
                for (std::size_t c = 0; c < used; ++c)
                    out[c] = first ? Buffer::template round<Rounding::nearest_even>(sums[c])
                                   : Buffer::add(out[c], static_cast<float>(sums[c]));
                first = false;
            }
        }
    }
}

void general(const FloatGemm& p, const GemmRules& rules) {
    const std::size_t chunk = rules.chunk;
    visit_float_accumulator(rules.accumulator, [&](auto array) {
        visit_float_accumulator(rules.buffer, [&](auto buffer) {
            using Array = typename decltype(array)::type;
            using Buffer = typename decltype(buffer)::type;
            if (rules.rounding == Rounding::truncate)
                general_product<Array, Rounding::truncate, Buffer>(p, chunk);
            else
                general_product<Array, Rounding::nearest_even, Buffer>(p, chunk);
        });
    });
}

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
        const std::int8_t* a = p.a + m * p.a_stride;
        for (std::size_t k = 0; k < p.k; k += 2)
            left[m * pairs + k / 2] = both(a[k], k + 1 < p.k ? a[k + 1] : 0);
    }
    for (std::size_t n = 0; n < p.n; n += columns) {
        const std::size_t used = std::min<std::size_t>(columns, p.n - n);
        for (std::size_t k = 0; k < p.k; k += 2) {
            const std::int8_t* upper = p.b + k * p.b_stride + n;
            const std::int8_t* lower = upper + p.b_stride;
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
