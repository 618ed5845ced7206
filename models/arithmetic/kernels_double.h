// Sums of any format, rounding and buffer, in double as mac.h has them. A chain whose sums are exact in
// double before each rounding takes plain steps, of a few operations where no sum lies below the format's
// lowest place; others are rounded to odd first and minded at the ends of the format.

constexpr int wide_columns = 2 * wide_lanes;
constexpr int wide_rows = 4;

inline D absolute(D v) {
    return reinterpret_cast<D>(reinterpret_cast<L>(v) & 0x7fffffffffffffff);
}
inline D sign_bit(D v) {
    return reinterpret_cast<D>(reinterpret_cast<W>(v) & 0x8000000000000000U);
}
inline D with_sign(D magnitude, D sign) {
    return reinterpret_cast<D>(reinterpret_cast<L>(magnitude) | reinterpret_cast<L>(sign));
}

// See sum.h.
inline D add_to_odd(D a, D b) {
    const D sum = a + b;
    const D part = sum - a;
    const D error = (a - (sum - part)) + (b - part);
    const L opposed =
        (reinterpret_cast<L>(error) ^ reinterpret_cast<L>(sum)) < 0;  // -1: the sum is too large
    const W odd = (reinterpret_cast<W>(sum) + reinterpret_cast<W>(opposed)) | 1;
    const L inexact = (error > 0) | (error < 0);
    return inexact ? reinterpret_cast<D>(odd) : sum;
}

// FloatAccumulator::round. `Minded`: the value may be infinite, overflow, or fall below the smallest number
// of a format without subnormals.
template <class Accumulator, Rounding mode, bool Minded>
inline D round_to(D v, D random) {
    using Format = typename Accumulator::Format;
    constexpr int mantissa = Format::mantissa_bits;
    constexpr double one = 1 << stochastic_bits;
    const D smallest = all(power_of_two(Format::min_exponent));
    const D sign = sign_bit(v);
    D binade = reinterpret_cast<D>(reinterpret_cast<L>(v) & 0x7ff0000000000000);
    binade = binade > smallest ? binade : smallest;
    // Beside this number, and half of it to each side, a double's last place is the format's.
    const D anchor = binade * (1.5 * power_of_two(52 - mantissa));
    if constexpr (mode == Rounding::nearest_even && !Minded) return with_sign((v + anchor) - anchor, sign);

    const D magnitude = absolute(v);
    D rounded = (magnitude + anchor) - anchor;
    if constexpr (mode != Rounding::nearest_even) {
        const D place = binade * power_of_two(-mantissa);
        rounded = rounded - (rounded > magnitude ? place : D{});
        if constexpr (mode == Rounding::stochastic)
            rounded = rounded + ((magnitude - rounded) * one >= place * (one - random) ? place : D{});
    }
    if constexpr (!Minded) return with_sign(rounded, sign);

    if constexpr (!Format::has_subnormals) {
        const D least = all(Format::min);
        L up{};
        if constexpr (mode == Rounding::nearest_even) up = magnitude > least * 0.5;
        if constexpr (mode == Rounding::stochastic) up = magnitude * one >= least * (one - random);
        rounded = magnitude < least ? (up ? least : D{}) : rounded;
    }
    const D infinity = all(std::numeric_limits<double>::infinity());
    const D beyond = Format::has_infinity ? infinity : infinity - infinity;
    rounded = rounded > Format::max ? (mode == Rounding::truncate ? all(Format::max) : beyond) : rounded;
    rounded = magnitude < infinity ? rounded : magnitude == infinity ? beyond : v;
    return with_sign(rounded, sign);
}

struct WideChunk {
    const double* a;
    const double* panel;
    std::size_t count;
    const std::uint64_t* by_k;  // as the panel; stochastic rounding only
    const std::uint64_t* by_m;  // wide_rows x wide_columns
};
using WideSums = D[wide_rows][2];

inline W random_bits(W state) {
    W x = state;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;  // what mix does then leaves the top bits
    return x >> (64 - stochastic_bits);
}
inline D as_double(W small) {  // below 2^52
    return reinterpret_cast<D>(small | 0x4330000000000000U) - 0x1p52;
}

struct ExactStep {
    static constexpr Rounding rounding = Rounding::nearest_even;
    static D mac(D sum, D a, D b, W) { return Lanes::fma(a, b, sum); }
};
// Sums on the format's grid: what is to be cut off are the double's last bits. To the nearest as in
// round_bf16_below; random bits are added below the last place, a carry goes into the exponent as it should.
template <class Accumulator, Rounding mode>
struct GridStep {
    static constexpr Rounding rounding = mode;
    static constexpr int cut = 52 - Accumulator::Format::mantissa_bits;
    static D mac(D sum, D a, D b, W random) {
        const D v = Lanes::fma(a, b, sum);
        if constexpr (mode == Rounding::nearest_even) {
            const D high = v * power_of_two(cut);
            return high - (high - v);
        }
        W bits = reinterpret_cast<W>(v);
        if constexpr (mode == Rounding::stochastic) bits += random << (cut - stochastic_bits);
        return reinterpret_cast<D>(bits & (~std::uint64_t{0} << cut));
    }
};
template <class Accumulator, Rounding mode>
struct PlainStep {
    static constexpr Rounding rounding = mode;
    static D mac(D sum, D a, D b, W random) {
        return round_to<Accumulator, mode, false>(Lanes::fma(a, b, sum), as_double(random));
    }
};
template <class Accumulator, Rounding mode>
struct CarefulStep {
    static constexpr Rounding rounding = mode;
    static D mac(D sum, D a, D b, W random) {
        return round_to<Accumulator, mode, true>(add_to_odd(sum, a * b), as_double(random));
    }
};

template <class Step>
[[gnu::flatten]] void wide_chain(const WideChunk& c, WideSums& sums) {
    constexpr bool stochastic = Step::rounding == Rounding::stochastic;
    D row[wide_rows][2] = {};
    const double *a = c.a, *panel = c.panel;
    const std::uint64_t* by_k = c.by_k;
    for (std::size_t k = 0; k < c.count; ++k, a += wide_rows, panel += wide_columns) {
        const D half[2] = {load<D>(panel), load<D>(panel + wide_lanes)};
#pragma GCC unroll 8
        for (int r = 0; r < wide_rows; ++r) {
            const D factor = all(a[r]);
#pragma GCC unroll 2
            for (int h = 0; h < 2; ++h) {
                W random{};
                if constexpr (stochastic)
                    random = random_bits(load<W>(by_k + h * wide_lanes) +
                                         load<W>(c.by_m + r * wide_columns + h * wide_lanes));
                row[r][h] = Step::mac(row[r][h], factor, half[h], random);
            }
        }
        if constexpr (stochastic) by_k += wide_columns;
    }
#pragma GCC unroll 8
    for (int r = 0; r < wide_rows; ++r) sums[r][0] = row[r][0], sums[r][1] = row[r][1];
}
// `fast` where the sums of a chunk are exact in double; nullptr if there is no such chain.
struct WideChains {
    using Chain = void (*)(const WideChunk&, WideSums&);
    Chain fast = nullptr, careful = nullptr;
    int grown = 0;

    Chain of(const ChunkExtent& a, const ChunkExtent& b) const {
        return fast != nullptr && sums_are_exact_in_double(a.spread, b.spread, grown) ? fast : careful;
    }
};

template <class Accumulator, Rounding mode>
WideChains chains_of(const Extent& a, const Extent& b, std::size_t length) {
    using Format = typename Accumulator::Format;
    const int grown = growth(length, Format::mantissa_bits, mode);
    const Reach sums = reach_of_sums(a, b, grown);
    WideChains chains{nullptr, wide_chain<CarefulStep<Accumulator, mode>>, grown};
    if (sums_are_within<Format>(sums))
        chains.fast = sums_are_on_the_grid<Format>(sums) ? wide_chain<GridStep<Accumulator, mode>>
                                                         : wide_chain<PlainStep<Accumulator, mode>>;
    return chains;
}

WideChains chains_for(const GemmRules& rules, const Extent& a, const Extent& b, std::size_t length) {
    if (rules.accumulator == Accumulator::fixed) {
        const Reach sums = reach_of_sums(a, b, static_cast<int>(std::bit_width(length)));
        // In a register of a stated width sums are exact if nothing is cut off and nothing saturates.
        if (rules.fixed_bits != 0 &&
            (sums.low < -rules.fixed_fraction || sums.high >= rules.fixed_bits - rules.fixed_fraction))
            return {};
        return {nullptr, sums.high - sums.low <= 53 ? wide_chain<ExactStep> : nullptr, 0};
    }
    return visit_float_accumulator(rules.accumulator, [&](auto array) {
        return visit_rounding(rules.rounding, [&](auto mode) {
            return chains_of<typename decltype(array)::type, mode()>(a, b, length);
        });
    });
}

template <class Accumulator>
[[gnu::flatten]] void add_wide(const WideSums& sums, double (&held)[wide_rows][wide_columns]) {
    for (int r = 0; r < wide_rows; ++r)
        for (int h = 0; h < 2; ++h) {
            double* at = &held[r][h * wide_lanes];
            const D sum = add_to_odd(load<D>(at), sums[r][h]);
            store(at, round_to<Accumulator, Rounding::nearest_even, true>(sum, D{}));
        }
}

[[gnu::flatten]] void rescale_wide(const FloatGemm& p, std::size_t m, std::size_t n, std::size_t k,
                                   WideSums& sums) {
    for (std::size_t r = 0; r < wide_rows; ++r) {
        double factors[wide_columns];
        scales_of(p, m + r, n, k, factors);
        for (int h = 0; h < 2; ++h)
            sums[r][h] = round_to<Fp32Accumulator, Rounding::nearest_even, true>(
                sums[r][h] * load<D>(factors + h * wide_lanes), D{});
    }
}

bool general(const FloatGemm& p, const GemmRules& rules, const DrawOrder& draws) {
    const std::size_t chunk = rules.chunk;
    const Spreads spreads = spreads_of(p, chunk, wide_rows);
    const WideChains chains = chains_for(rules, spreads.a, spreads.b, std::min(chunk, p.k));
    if (chains.careful == nullptr) return false;
    const auto add = visit_float_accumulator(
        rules.buffer, [](auto buffer) { return &add_wide<typename decltype(buffer)::type>; });
    const bool random = rules.rounding == Rounding::stochastic;
    const std::size_t depth = std::min(panel_depth(chunk), p.k);
    Room<double> tiles((p.m + wide_rows - 1) / wide_rows * wide_rows * depth), panel(depth * wide_columns);
    std::vector<std::uint64_t> by_k(random ? depth * wide_columns : 0);
    for (std::size_t begin = 0; begin < p.k; begin += depth) {
        const std::size_t end = std::min(begin + depth, p.k);
        pack_rows<wide_rows>(p, begin, end, tiles.data());
        for (std::size_t n = 0; n < p.n; n += wide_columns) {
            pack_columns<wide_columns>(p, n, begin, end, panel.data());
            if (random)
                for (std::size_t i = 0; i < (end - begin) * wide_columns; ++i)
                    by_k[i] = draws.by_k(begin + i / wide_columns, n + i % wide_columns);
            for (std::size_t m = 0; m < p.m; m += wide_rows) {
                std::uint64_t by_m[wide_rows * wide_columns] = {};
                if (random)
                    for (std::size_t i = 0; i < wide_rows * wide_columns; ++i)
                        by_m[i] = draws.by_m(m + i / wide_columns, n + i % wide_columns);
                double held[wide_rows][wide_columns];
                fetch(p, m, n, begin, held);
                for (std::size_t k = begin; k < end; k += chunk) {
                    const std::size_t at = k - begin;
                    const WideChunk c{tiles.data() + m * (end - begin) + at * wide_rows,
                                      panel.data() + at * wide_columns, std::min(chunk, end - k),
                                      random ? by_k.data() + at * wide_columns : nullptr, by_m};
                    WideSums sums;
                    chains.of(spreads.of_tile[m / wide_rows * spreads.chunks + k / chunk],
                              spreads.of_panel[n / lanes * spreads.chunks + k / chunk])(c, sums);
                    if (p.scales.a != nullptr) rescale_wide(p, m, n, k, sums);
                    add(sums, held);
                }
                put(p, m, n, held);
            }
        }
    }
    return true;
}
