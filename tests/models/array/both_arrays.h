// A random product through the array register by register and pass by pass, with random surroundings.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "models/array/pass_schedule.h"
#include "models/array/register_arithmetic.h"
#include "models/array/register_array.h"

namespace octet {

inline unsigned given_seed() {
    const char* given = std::getenv("OCTET_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
}

template <class Operand>
struct Problem {
    std::size_t m, n, k;
    std::vector<Operand> a, b;  // m x k, k x n
};

// A random product: numbers that are exact in 8 bits and spread over many binades; of some, sums in fp16
// and dlfloat16 vanish and leave a zero with a sign.
inline Problem<float> float_problem(std::mt19937& random) {
    Problem<float> p{1 + random() % 12, 1 + random() % 14, 1 + random() % 20, {}, {}};
    const int least = random() % 3 == 0 ? -24 : -12;
    const auto number = [&] {
        if (random() % 8 == 0) return 0.0F;
        return std::ldexp(static_cast<float>(static_cast<int>(random() % 31) - 15),
                          static_cast<int>(random() % 18) + least);
    };
    for (std::size_t i = 0; i < p.m * p.k; ++i) p.a.push_back(number());
    for (std::size_t i = 0; i < p.k * p.n; ++i) p.b.push_back(number());
    return p;
}
inline Problem<IntegerOperand> integer_problem(std::mt19937& random) {
    Problem<IntegerOperand> p{1 + random() % 12, 1 + random() % 14, 1 + random() % 20, {}, {}};
    for (std::size_t i = 0; i < p.m * p.k; ++i)
        p.a.push_back(static_cast<IntegerOperand>(static_cast<int>(random() % 511) - 255));
    for (std::size_t i = 0; i < p.k * p.n; ++i)
        p.b.push_back(static_cast<IntegerOperand>(static_cast<int>(random() % 511) - 255));
    return p;
}

inline ArrayConfig random_array(std::mt19937& random) {
    ArrayConfig c;
    c.rows = 1 + static_cast<int>(random() % 7);
    c.cols = 1 + static_cast<int>(random() % 7);
    c.pe_latency = 1 + static_cast<int>(random() % 4);
    c.double_buffered_weights = random() % 3 != 0;
    c.overlap_passes = random() % 3 != 0;
    return c;
}

// What happens around the array: when tiles and slabs are there, how fast results leave.
struct Around {
    std::vector<Cycle> input_ready, weights_ready;  // by pass
    std::uint64_t depth = 1;                        // of the storage below the array
    std::vector<Cycle> interval;                    // of the unit behind it, by column tile
    std::vector<Cycle> busy_until;                  // the unit takes nothing of a tile before
};

struct Seen {
    std::vector<Cycle> starts, weight_starts;  // core cycle of the first vector and row of weights, by pass
    std::map<std::uint64_t, Cycle> arrivals;   // of result vectors, counted over all tiles
    Cycle last_sum = 0;                        // core cycle in which the last sum can be read
    Cycle held = 0;
};

// Passes in the order of the machine: column tiles, in each the reduction tiles.
struct Passes {
    std::size_t k_tiles, n_tiles, m;
    std::size_t count() const { return k_tiles * n_tiles; }
    bool last(std::size_t p) const { return (p + 1) % k_tiles == 0; }
};

// The pass-level array.
inline Seen by_pass(const ArrayConfig& config, const Passes& passes, const Around& around) {
    PassSchedule schedule(config);
    Seen seen;
    std::vector<Cycle> taken;      // by result vector: when the unit takes it
    std::vector<Cycle> intervals;  // of its tile
    for (std::size_t p = 0; p < passes.count(); ++p) {
        const Cycle t = schedule.earliest(around.input_ready[p], around.weights_ready[p]);
        schedule.start(t, passes.m, true);
        seen.starts.push_back(schedule.clock().real(t));
        seen.weight_starts.push_back(schedule.clock().real(t - schedule.timing().weight_load()));
        if (passes.last(p)) {
            const std::size_t tile = p / passes.k_tiles;
            const Cycle first = schedule.clock().real(t + schedule.timing().result(passes.m));
            Cycle at = std::max(first, around.busy_until[tile]);
            if (!taken.empty()) at = std::max(at, taken.back() + intervals.back());
            std::vector<ResultRoom> rooms;
            for (std::size_t m = 0; m < passes.m; ++m) {
                taken.push_back(at + m * around.interval[tile]);
                intervals.push_back(around.interval[tile]);
                const std::uint64_t v = taken.size() - 1;
                if (v < around.depth) continue;
                const Cycle room = taken[v - around.depth] + intervals[v - around.depth] - 1;
                ResultRoom* run = rooms.empty() ? nullptr : &rooms.back();
                if (run != nullptr && run->count == 1) run->step = room - run->at;
                if (run != nullptr && run->at + run->count * run->step == room)
                    ++run->count;
                else
                    rooms.push_back({m, 1, room, 0});
            }
            seen.held += schedule.hold(t + schedule.timing().result(passes.m), rooms, 0, 0,
                                       StallCause::vector_unit, 0);
            for (std::size_t m = 0; m < passes.m; ++m)
                seen.arrivals[tile * passes.m + m] =
                    schedule.clock().real(t + schedule.timing().result(passes.m) + m);
        }
        seen.last_sum = schedule.clock().real(t + passes.m + schedule.timing().drain());
    }
    return seen;
}

// The same by stepping every register, the storage and the unit clock by clock. The starts are those of the
// pass-level array; whether weights and inputs are where they must be shows in the sums.
template <class Arithmetic, class Operand>
Seen by_register(const ArrayConfig& config, const Passes& passes, const Around& around, const Seen& schedule,
                 const Problem<Operand>& problem, Arithmetic& arithmetic,
                 std::vector<typename Arithmetic::Held>& results, std::uint64_t* overflowed = nullptr) {
    using Array = WeightStationaryArray<Arithmetic>;
    const auto rows = static_cast<std::size_t>(config.rows), cols = static_cast<std::size_t>(config.cols);
    Array array(config, arithmetic);
    results.assign(problem.m * problem.n, 0);
    Seen seen;
    seen.starts.resize(passes.count());
    std::vector<std::size_t> collected(passes.count() * cols);  // vectors read below each column, by pass
    std::vector<Cycle> taken, intervals;
    Cycle unit_free = 0;
    std::size_t pass_in = 0, vector_in = 0, pass_weights = 0, weight_row = 0;
    std::vector<std::size_t> reading(cols);  // the pass whose sums leave below a column
    std::uint64_t arrived = 0, overflows = 0;
    const auto finished_columns = [&](std::size_t p, std::size_t m) {
        for (std::size_t j = 0; j < cols; ++j)
            if (collected[p * cols + j] <= m) return false;
        return true;
    };
    std::size_t adder_pass = 0, adder_vector = 0;  // the next result vector below all columns
    for (Cycle c = 0; adder_pass < passes.count(); ++c) {
        if (c > 100000) {
            ADD_FAILURE() << "the array does not come to an end";
            break;
        }
        // The unit takes the oldest vector that has arrived, also one that arrives in this clock.
        const auto take = [&] {
            if (taken.size() == arrived || c < unit_free) return;
            const std::size_t tile = taken.size() / passes.m;
            if (c < around.busy_until[tile]) return;
            taken.push_back(c);
            intervals.push_back(around.interval[tile]);
            unit_free = c + around.interval[tile];
        };
        take();
        // A vector whose last sum has been added in the clock before wants to leave in this one.
        bool frozen = false, arrives = false;
        if (finished_columns(adder_pass, adder_vector)) {
            if (passes.last(adder_pass)) {
                frozen = arrived >= around.depth &&
                         (taken.size() <= arrived - around.depth ||
                          c < taken[arrived - around.depth] + intervals[arrived - around.depth] - 1);
                arrives = !frozen;
            }
            if (!frozen && ++adder_vector == passes.m) adder_vector = 0, ++adder_pass;
        }
        if (arrives) seen.arrivals[arrived++] = c;
        take();
        if (frozen) {
            ++seen.held;
            continue;
        }

        const auto tile_of = [&](std::size_t p) { return std::pair{p / passes.k_tiles, p % passes.k_tiles}; };
        for (std::size_t j = 0; j < cols; ++j) {
            if (!array.readable(j)) continue;
            seen.last_sum = c;
            while (collected[reading[j] * cols + j] == passes.m) ++reading[j];
            const std::size_t p = reading[j], m = collected[p * cols + j]++;
            const auto [n0, k0] = tile_of(p);
            const std::size_t n = n0 * cols + j;
            if (n < problem.n) {
                auto& held = results[m * problem.n + n];
                held = arithmetic.into_buffer(k0 == 0 ? nullptr : &held, array.sum(j), overflows);
            }
        }

        typename Array::Edge edge;
        // Up to `count` operands of a row, from a column on.
        const auto part = [](const std::vector<Operand>& all, std::size_t columns, std::size_t row,
                             std::size_t column, std::size_t count) {
            return std::span(all).subspan(row * columns + column, std::min(count, columns - column));
        };
        if (pass_weights < passes.count() && (weight_row > 0 || c == schedule.weight_starts[pass_weights])) {
            const auto [n0, k0] = tile_of(pass_weights);
            const std::size_t k = k0 * rows + weight_row;
            edge.weights = true;
            edge.tag = weight_row;
            if (k < problem.k) edge.row = part(problem.b, problem.n, k, n0 * cols, cols);
            if (++weight_row == rows) weight_row = 0, ++pass_weights;
        }
        if (pass_in < passes.count() && (vector_in > 0 || c == schedule.starts[pass_in])) {
            if (vector_in == 0) seen.starts[pass_in] = c;
            edge.vector = true;
            edge.first = vector_in == 0;
            edge.inputs = part(problem.a, problem.k, vector_in, tile_of(pass_in).second * rows, rows);
            if (++vector_in == passes.m) vector_in = 0, ++pass_in;
        }
        array.step(edge);
    }
    if (overflowed != nullptr) *overflowed = overflows;
    return seen;
}

inline Around random_around(std::mt19937& random, const Passes& passes) {
    Around around;
    Cycle input = 0, weights = 0;
    const bool hurried = random() % 2 == 0;
    for (std::size_t p = 0; p < passes.count(); ++p) {
        input += hurried ? 0 : random() % 30;
        weights += hurried ? 0 : random() % 30;
        around.input_ready.push_back(input);
        around.weights_ready.push_back(weights);
    }
    around.depth = 1 + random() % 9;
    Cycle busy = 0;
    for (std::size_t t = 0; t < passes.n_tiles; ++t) {
        around.interval.push_back(1 + (random() % 2) * (random() % 5));
        busy += random() % 3 == 0 ? random() % 120 : 0;
        around.busy_until.push_back(busy);
    }
    return around;
}

inline GemmRules random_rules(std::mt19937& random, const ArrayConfig& config, bool integers) {
    GemmRules rules;
    if (integers) {
        rules.accumulator = random() % 2 == 0 ? Accumulator::int24 : Accumulator::int32;
        rules.buffer = random() % 2 == 0 ? Accumulator::int24 : Accumulator::int32;
        rules.overflow = random() % 2 == 0 ? IntegerOverflow::saturate : IntegerOverflow::wrap;
    } else {
        const Accumulator kinds[] = {Accumulator::fp32, Accumulator::bf16, Accumulator::fp16,
                                     Accumulator::dlfloat16};
        rules.accumulator = kinds[random() % 4];
        rules.buffer = kinds[random() % 4];
        rules.rounding = static_cast<Rounding>(random() % 3);
        if (random() % 6 == 0) {
            rules.accumulator = Accumulator::fixed, rules.rounding = Rounding::nearest_even;
            if (random() % 2 == 0)
                rules.fixed_bits = 8 + static_cast<int>(random() % 40),
                rules.fixed_fraction = static_cast<int>(random() % 12);
        }
    }
    rules.chunk = rules.rows = static_cast<std::size_t>(config.rows);
    rules.columns = static_cast<std::size_t>(config.cols);
    rules.seed = random();
    rules.first_draw = random() % 2 * random();
    return rules;
}

template <class Sum>
bool same_bits(const std::vector<Sum>& a, const std::vector<Sum>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Sum)) == 0;
}

template <class Operand, class Sum>
GemmProblem<Operand, Sum> gemm_problem(const Problem<Operand>& p, std::vector<Sum>& sums) {
    sums.assign(p.m * p.n, 0);
    return {p.m, p.n, p.k, p.a.data(), p.k, p.b.data(), p.n, sums.data(), p.n, true, {}};
}

inline void expect_same_times(const Seen& pass, const Seen& registers) {
    EXPECT_EQ(registers.starts, pass.starts);
    EXPECT_EQ(registers.arrivals, pass.arrivals);
    EXPECT_EQ(registers.held, pass.held);
    EXPECT_EQ(registers.last_sum, pass.last_sum);
}

template <class Operand>
Passes passes_of(const ArrayConfig& config, const Problem<Operand>& p) {
    return {ceil_div(p.k, static_cast<std::size_t>(config.rows)),
            ceil_div(p.n, static_cast<std::size_t>(config.cols)), p.m};
}

}  // namespace octet
