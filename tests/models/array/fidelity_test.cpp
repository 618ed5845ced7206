// The array register by register against the array pass by pass: the same cycle of every result, the same
// holds, the same bits; and the bits against the scalar specification.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "models/array/pass_schedule.h"
#include "models/array/register_arithmetic.h"
#include "models/array/register_array.h"
#include "models/formats/registry.h"

namespace octet {
namespace {

unsigned given_seed() {
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
Problem<float> float_problem(std::mt19937& random) {
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
Problem<std::int8_t> integer_problem(std::mt19937& random) {
    Problem<std::int8_t> p{1 + random() % 12, 1 + random() % 14, 1 + random() % 20, {}, {}};
    for (std::size_t i = 0; i < p.m * p.k; ++i) p.a.push_back(static_cast<std::int8_t>(random()));
    for (std::size_t i = 0; i < p.k * p.n; ++i) p.b.push_back(static_cast<std::int8_t>(random()));
    return p;
}

ArrayConfig random_array(std::mt19937& random) {
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
Seen by_pass(const ArrayConfig& config, const Passes& passes, const Around& around) {
    PassSchedule schedule(config);
    Seen seen;
    std::vector<Cycle> taken;      // by result vector: when the unit takes it
    std::vector<Cycle> intervals;  // of its tile
    for (std::size_t p = 0; p < passes.count(); ++p) {
        const Cycle t = schedule.earliest(around.input_ready[p], around.weights_ready[p]);
        schedule.start(t, passes.m);
        seen.starts.push_back(schedule.clock().real(t));
        seen.weight_starts.push_back(schedule.clock().real(t - schedule.timing().weight_load()));
        if (passes.last(p)) {
            const std::size_t tile = p / passes.k_tiles;
            const Cycle first = schedule.clock().real(t + schedule.timing().result());
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
            seen.held += schedule.hold(t, rooms, 0, 0, StallCause::vector_unit, 0);
            for (std::size_t m = 0; m < passes.m; ++m)
                seen.arrivals[tile * passes.m + m] =
                    schedule.clock().real(t + schedule.timing().result() + m);
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

Around random_around(std::mt19937& random, const Passes& passes) {
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

GemmRules random_rules(std::mt19937& random, const ArrayConfig& config, bool integers) {
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
        if (random() % 8 == 0)
            rules.accumulator = Accumulator::fixed, rules.rounding = Rounding::nearest_even;
    }
    rules.chunk = rules.rows = static_cast<std::size_t>(config.rows);
    rules.columns = static_cast<std::size_t>(config.cols);
    rules.seed = random();
    rules.first_draw = random() % 2 * random();
    return rules;
}

// One multiply-accumulate after the other, each rounded by the format's own encoder (to the nearest only).
std::vector<float> scalar(const GemmRules& rules, const Problem<float>& p) {
    const auto format = [](Accumulator kind) {
        const char* names[] = {"fp32", "bf16", "fp16", "dlfloat16"};
        return find_format(names[static_cast<int>(kind)]);
    };
    const auto rounded = [](const FormatInfo& f, double x) {
        return f.decode(f.encode(x, f.has_infinity ? Overflow::infinity : Overflow::nan));
    };
    const FormatInfo &array = *format(rules.accumulator), &buffer = *format(rules.buffer);
    std::vector<float> results;
    for (std::size_t m = 0; m < p.m; ++m)
        for (std::size_t n = 0; n < p.n; ++n) {
            double held = 0;
            for (std::size_t k0 = 0; k0 < p.k; k0 += rules.chunk) {
                double sum = 0;
                for (std::size_t k = k0; k < std::min(p.k, k0 + rules.chunk); ++k)
                    sum = rounded(array, sum + double{p.a[m * p.k + k]} * double{p.b[k * p.n + n]});
                held = k0 == 0 ? rounded(buffer, sum) : rounded(buffer, held + sum);
            }
            results.push_back(static_cast<float>(held));
        }
    return results;
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

void expect_same_times(const Seen& pass, const Seen& registers) {
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

TEST(WeightStationaryArray, HasTheCyclesAndTheBitsOfThePassLevelArrayUnderAnyStalls) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    int held = 0;
    for (int round = 0; round < 400; ++round) {
        SCOPED_TRACE(round);
        const ArrayConfig config = random_array(random);
        const auto problem = float_problem(random);
        const Passes passes = passes_of(config, problem);
        const Around around = random_around(random, passes);
        const GemmRules rules = random_rules(random, config, false);
        const Seen pass = by_pass(config, passes, around);
        for (std::size_t p = 0; p < passes.count(); ++p) {
            EXPECT_GE(pass.starts[p], around.input_ready[p]);
            EXPECT_GE(pass.weight_starts[p], around.weights_ready[p]);
        }
        std::vector<float> registers, fast;
        const auto step_with = [&](auto arithmetic) {
            return by_register(config, passes, around, pass, problem, arithmetic, registers);
        };
        expect_same_times(pass, rules.accumulator == Accumulator::fixed ? step_with(QuireArithmetic(rules))
                                                                        : step_with(FloatArithmetic(rules)));
        gemm(rules, gemm_problem(problem, fast));
        EXPECT_TRUE(same_bits(registers, fast));
        if (rules.rounding == Rounding::nearest_even && rules.accumulator != Accumulator::fixed) {
            EXPECT_TRUE(same_bits(registers, scalar(rules, problem)));
        }
        held += pass.held > 0;
        if (HasFailure()) return;
    }
    EXPECT_GT(held, 40);
}

// Both arrays and the kernel add up the same product. Returns how often a sum did not fit.
std::uint64_t add_up_integers(std::mt19937& random, const ArrayConfig& config,
                              const Problem<std::int8_t>& problem) {
    const Passes passes = passes_of(config, problem);
    const Around around = random_around(random, passes);
    const GemmRules rules = random_rules(random, config, true);
    const Seen pass = by_pass(config, passes, around);
    IntegerArithmetic arithmetic(rules);
    std::vector<std::int32_t> registers, fast;
    std::uint64_t counted = 0;
    expect_same_times(pass,
                      by_register(config, passes, around, pass, problem, arithmetic, registers, &counted));
    const std::uint64_t overflows = gemm(rules, gemm_problem(problem, fast));
    EXPECT_TRUE(same_bits(registers, fast));
    EXPECT_EQ(counted, overflows);
    return overflows;
}

TEST(WeightStationaryArray, AddsUpIntegersAsThePassLevelArrayDoes) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 150; ++round) {
        add_up_integers(random, random_array(random), integer_problem(random));
        if (HasFailure()) return;
    }
}

TEST(WeightStationaryArray, CountsEveryIntegerThatOverflowsWithinAColumnAndBelowIt) {
    std::mt19937 random(1);
    ArrayConfig config;
    config.rows = 600;  // 2^23 / 127^2 = 520
    config.cols = 2;
    std::uint64_t overflows = 0;
    for (int round = 0; round < 8; ++round) {
        Problem<std::int8_t> p{2, 3, 1300, {}, {}};
        for (std::size_t i = 0; i < p.m * p.k; ++i)
            p.a.push_back(static_cast<std::int8_t>(120 + random() % 8));
        for (std::size_t i = 0; i < p.k * p.n; ++i)
            p.b.push_back(static_cast<std::int8_t>(round % 2 == 0 ? 120 + random() % 8 : -120));
        overflows += add_up_integers(random, config, p);
    }
    EXPECT_GT(overflows, 100U);
}

// Input stationary: A' holds still, columns of B' stream: the product of the transposes.
TEST(WeightStationaryArray, IsTheInputStationaryOneWithItsOperandsExchanged) {
    std::mt19937 random(5);
    for (int round = 0; round < 60; ++round) {
        ArrayConfig config = random_array(random);
        const auto problem = float_problem(random);
        Problem<float> turned{problem.n, problem.m, problem.k, std::vector<float>(problem.b.size()),
                              std::vector<float>(problem.a.size())};
        for (std::size_t k = 0; k < problem.k; ++k) {
            for (std::size_t n = 0; n < problem.n; ++n)
                turned.a[n * problem.k + k] = problem.b[k * problem.n + n];
            for (std::size_t m = 0; m < problem.m; ++m)
                turned.b[k * problem.m + m] = problem.a[m * problem.k + k];
        }
        GemmRules rules = random_rules(random, config, false);
        rules.rounding = Rounding::nearest_even;
        if (rules.accumulator == Accumulator::fixed) rules.accumulator = Accumulator::bf16;
        const Passes passes = passes_of(config, turned);
        const Around around = random_around(random, passes);
        const Seen pass = by_pass(config, passes, around);
        FloatArithmetic arithmetic(rules);
        std::vector<float> registers, fast;
        expect_same_times(pass, by_register(config, passes, around, pass, turned, arithmetic, registers));
        gemm(rules, gemm_problem(problem, fast));
        for (std::size_t m = 0; m < problem.m; ++m)
            for (std::size_t n = 0; n < problem.n; ++n)
                EXPECT_EQ(std::memcmp(&registers[n * problem.m + m], &fast[m * problem.n + n], sizeof(float)),
                          0);
    }
}

TEST(WeightStationaryArray, TakesTheClosedFormOfTheHardwareWithoutStalls) {
    for (const int latency : {1, 2})
        for (const bool overlap : {true, false}) {
            ArrayConfig config;
            config.rows = 4, config.cols = 3, config.pe_latency = latency, config.overlap_passes = overlap;
            std::mt19937 random(1);
            auto problem = float_problem(random);
            const Passes passes = passes_of(config, problem);
            Around around;
            around.input_ready.assign(passes.count(), 0);
            around.weights_ready.assign(passes.count(), 0);
            around.depth = 1000;
            around.interval.assign(passes.n_tiles, 1);
            around.busy_until.assign(passes.n_tiles, 0);
            const Seen pass = by_pass(config, passes, around);
            const Cycle r = 4, c = 3, l = static_cast<Cycle>(latency), m = problem.m, p = passes.count();
            const Cycle closed =
                overlap ? r + (p - 1) * std::max(m, r) + m + r * l + c - 2 : p * (r + r * l + c + m - 2);
            EXPECT_EQ(pass.last_sum - pass.weight_starts[0], closed);
        }
}

// R + C + K L - 2 cycles a fold, and R for the drain below it.
TEST(OutputStationaryArray, HasTheCyclesOfItsClosedFormAndTheBitsOfOneChain) {
    const unsigned seed = given_seed();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        ArrayConfig config = random_array(random);
        const auto rows = static_cast<std::size_t>(config.rows), cols = static_cast<std::size_t>(config.cols);
        const auto latency = static_cast<std::size_t>(config.pe_latency);
        const auto p = float_problem(random);
        GemmRules rules = random_rules(random, config, false);
        rules.chunk = 0;
        if (rules.accumulator == Accumulator::fixed) rules.accumulator = Accumulator::bf16;
        FloatArithmetic arithmetic(rules);
        OutputStationaryArray<FloatArithmetic> array(config, arithmetic);
        const std::size_t fold = p.k * latency + rows + cols - 2, n_tiles = ceil_div(p.n, cols),
                          m_tiles = ceil_div(p.m, rows), folds = n_tiles * m_tiles;
        std::vector<float> results(p.m * p.n), wanted;
        std::size_t last = 0;
        std::uint64_t none = 0;
        std::vector<std::size_t> drained(folds);
        for (std::size_t c = 0; c < folds * fold + rows; ++c) {
            OutputStationaryArray<FloatArithmetic>::Edge edge;
            const std::size_t f = c / fold, at = c % fold;
            if (array.readable(0)) {
                const std::size_t drained_fold = f - 1, row = rows - 1 - drained[drained_fold]++;
                last = c;
                for (std::size_t j = 0; j < cols; ++j) {
                    const std::size_t m = drained_fold % m_tiles * rows + row,
                                      n = drained_fold / m_tiles * cols + j;
                    if (m < p.m && n < p.n)
                        results[m * p.n + n] = arithmetic.into_buffer(nullptr, array.sum(j), none);
                }
            }
            std::vector<float> column;
            edge.drain = f < folds && at + 1 == fold;
            if (f < folds && at % latency == 0 && at / latency < p.k) {
                const std::size_t k = at / latency, n0 = f / m_tiles * cols, m0 = f % m_tiles * rows;
                edge.step = true;
                edge.first = k == 0;
                for (std::size_t m = m0; m < std::min(m0 + rows, p.m); ++m)
                    column.push_back(p.a[m * p.k + k]);
                edge.a = column;
                edge.b = std::span(p.b).subspan(k * p.n + n0, std::min(cols, p.n - n0));
            }
            array.step(edge);
        }
        EXPECT_EQ(last + 1, folds * fold + rows);
        gemm(rules, gemm_problem(p, wanted));
        EXPECT_TRUE(same_bits(results, wanted)) << round;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace octet
