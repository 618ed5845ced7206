// Sums in fp32 and bf16, by single-precision fused multiply-adds: `rows` x `columns` partial sums stay in
// registers through a chunk.

constexpr int columns = 2 * lanes;

// fp32 to bf16, nearest even. An infinity stays one, and so does a NaN that the processor made.
inline F round_bf16(F v) {
    const U bits = reinterpret_cast<U>(v);
    return reinterpret_cast<F>((bits + 0x7fffU + (bits >> 16 & 1U)) & 0xffff0000U);
}

// The same for |v| < 2^111, without infinities; a zero becomes +0. The difference in the middle has 16 places
// less than v and takes the nearest number for it, whose evenness at a tie is that of v in places of bf16.
inline F round_bf16_below(F v) {
    const F high = v * 65536.0F;
    return high - (high - v);
}

struct Fp32Step {
    F mac(F sum, F a, F b) { return Lanes::fma(a, b, sum); }
};
struct Bf16Step {  // where extent.h says that two roundings are one
    F mac(F sum, F a, F b) { return round_bf16_below(Lanes::fma(a, b, sum)); }
};
struct Bf16WatchedStep {  // the same, and remembers the smallest magnitude of a sum that is not zero
    U least = ~U{};       // its bits without the sign, moved left by one, minus 1
    F mac(F sum, F a, F b) {
        const F rounded = round_bf16_below(Lanes::fma(a, b, sum));
        const U bits = reinterpret_cast<U>(rounded), distance = bits + (bits - 1U);
        least = distance < least ? distance : least;
        return rounded;
    }
    bool below(int exponent) const {
        const std::uint32_t limit =
            std::bit_cast<std::uint32_t>(static_cast<float>(power_of_two(std::max(exponent, -140)))) << 1;
        for (int i = 0; i < lanes; ++i)
            if (least[i] < limit) return true;
        return false;
    }
};
struct Bf16RepairedStep {  // a sum that lies between two bf16 numbers and is not exact moves toward what it
                           // lost
    F mac(F sum, F a, F b) {
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

// The partial sums of one chunk: a tile of A times one panel.
template <class Step, int rows>
inline void chain(Step& step, const float* a, const float* panel, std::size_t count, F (&sums)[rows][2]) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) sums[r][0] = sums[r][1] = F{};
    for (std::size_t k = 0; k < count; ++k, panel += columns, a += rows) {
        const F left = load<F>(panel), right = load<F>(panel + lanes);
#pragma GCC unroll 16
        for (int r = 0; r < rows; ++r) {
            const F factor = all(a[r]);
            sums[r][0] = step.mac(sums[r][0], factor, left);
            sums[r][1] = step.mac(sums[r][1], factor, right);
        }
    }
}
template <class Buffer, int rows>
inline void add_to(float (&held)[rows][columns], const F (&sums)[rows][2]) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
        for (int half = 0; half < 2; ++half) {
            float* at = held[r] + half * lanes;
            store(at, Buffer::add(load<F>(at), sums[r][half]));
        }
}

// One chunk of a tile: `m`, `n` and `k` are where it starts in the problem.
struct Site {
    const FloatGemm& problem;
    const float* a;
    const float* panel;
    std::size_t count, m, n, k;
};

struct Fp32Chunk {
    template <class Buffer, int rows>
    void add(const Site& at, float (&held)[rows][columns]) const {
        F sums[rows][2];
        Fp32Step step;
        chain(step, at.a, at.panel, at.count, sums);
        add_to<Buffer>(held, sums);
    }
};

struct ScaledFp32Chunk {
    template <class Buffer, int rows>
    void add(const Site& at, float (&held)[rows][columns]) const {
        F sums[rows][2];
        Fp32Step step;
        chain(step, at.a, at.panel, at.count, sums);
        for (std::size_t r = 0; r < rows; ++r) {
            double factors[columns];
            float sum[columns];
            scales_of(at.problem, at.m + r, at.n, at.k, factors);
            std::memcpy(sum, sums[r], sizeof sum);
            for (std::size_t c = 0; c < columns; ++c) sum[c] = static_cast<float>(sum[c] * factors[c]);
            std::memcpy(sums[r], sum, sizeof sum);
        }
        add_to<Buffer>(held, sums);
    }
};

// Products that fit, or spreads that do, take the fast step; others are watched, and done again with
// repairs if a product may have dwarfed a sum.
struct Bf16Chunk {
    const Spreads* spreads;  // nullptr: all products fit
    std::size_t chunk;

    template <class Buffer, int rows>
    void add(const Site& at, float (&held)[rows][columns]) const {
        if (spreads != nullptr) {
            const ChunkExtent left = spreads->tile(at.m / rows, at.k / chunk),
                              right = spreads->panel(at.n / columns, at.k / chunk);
            if (!bf16_spreads_fit(left.spread, right.spread)) {
                watched<Buffer>(at, bf16_dwarfed(left.high, right.high), held);
                return;
            }
        }
        F sums[rows][2];
        Bf16Step step;
        chain(step, at.a, at.panel, at.count, sums);
        add_to<Buffer>(held, sums);
    }

  private:
    template <class Buffer, int rows>
    static void watched(const Site& at, int dwarfed, float (&held)[rows][columns]) {
        F sums[rows][2];
        Bf16WatchedStep step;
        chain(step, at.a, at.panel, at.count, sums);
        if (step.below(dwarfed)) {
            Bf16RepairedStep repair;
            chain(repair, at.a, at.panel, at.count, sums);
        }
        add_to<Buffer>(held, sums);
    }
};

template <int rows, class Buffer, class Chunk>
[[gnu::flatten]] inline void single(const FloatGemm& p, std::size_t chunk, const Chunk& run) {
    const std::size_t depth = std::min(panel_depth(chunk), p.k);
    Room<float> tiles((p.m + rows - 1) / rows * rows * depth), panel(depth * columns);
    for (std::size_t begin = 0; begin < p.k; begin += depth) {
        const std::size_t end = std::min(begin + depth, p.k);
        pack_rows<rows>(p, begin, end, tiles.data());
        for (std::size_t n = 0; n < p.n; n += columns) {
            pack_columns<columns>(p, n, begin, end, panel.data());
            for (std::size_t m = 0; m < p.m; m += rows) {
                alignas(64) float held[rows][columns];
                fetch(p, m, n, begin, held);
                const float* a = tiles.data() + m * (end - begin);
                for (std::size_t k = begin; k < end; k += chunk)
                    run.template add<Buffer>(
                        Site{p, a + (k - begin) * rows, panel.data() + (k - begin) * columns,
                             std::min(chunk, end - k), m, n, k},
                        held);
                put(p, m, n, held);
            }
        }
    }
}

void fp32(const FloatGemm& p, std::size_t chunk) {
    if (p.scales.a == nullptr)
        single<Lanes::rows, Fp32Buffer>(p, chunk, Fp32Chunk{});
    else
        single<Lanes::rows, Fp32Buffer>(p, chunk, ScaledFp32Chunk{});
}

[[gnu::flatten]] Spreads spreads_of(const FloatGemm& p, std::size_t chunk, std::size_t rows) {
    return {p, chunk, rows};
}

bool bf16(const FloatGemm& p, std::size_t chunk, bool fp32_buffer) {
    const Spreads spreads = spreads_of(p, chunk, Lanes::bf16_rows);
    if (!bf16_by_fp32(spreads.a, spreads.b, std::min(chunk, p.k))) return false;
    const Bf16Chunk run{bf16_products_fit(spreads.a, spreads.b) ? nullptr : &spreads, chunk};
    if (fp32_buffer)
        single<Lanes::bf16_rows, Fp32Buffer>(p, chunk, run);
    else
        single<Lanes::bf16_rows, Bf16Buffer>(p, chunk, run);
    return true;
}
