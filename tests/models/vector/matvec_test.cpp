// Products of one vector and a matrix on the lanes: how long they take, and what they count.
#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

struct Work {
    std::uint32_t rows = 10, columns = 16, piece = 16;
    std::uint16_t bits = 8;
    bool row_sums = false, last_k = true, codec = false;
};

MatvecCommand product(const Work& w) {
    MatvecCommand c;
    c.rows = w.rows;
    c.columns = w.columns;
    c.row_sums = w.row_sums;
    c.last_k = w.last_k;
    const std::uint32_t bytes = w.bits / 8U, pieces = ceil_div(w.columns, w.piece);
    const std::uint32_t each = w.rows * w.piece * bytes,
                        last = w.rows * (w.columns - (pieces - 1) * w.piece) * bytes;
    c.matrix = {{0, pieces, each, last, each, 0}, w.bits, w.codec, 0, w.piece};
    c.input = {Program::strip(1 << 20, c.k() * bytes), w.bits, w.codec};
    c.output = {Program::strip(2 << 20, c.results()), 8, w.codec};
    return c;
}

Case case_of(const std::vector<MatvecCommand>& commands, const VectorConfig& vector = {}) {
    Case c{ample_machine(16, 16), Program(static_cast<std::uint32_t>(commands.size()))};
    c.config.vector = vector;
    c.program.program({{{}, 0, true}});
    OperationId operation = 0;
    for (const MatvecCommand& command : commands) c.program.add(Engine::vector, command, {}, operation++);
    return c;
}

Case case_of(const Work& w, const VectorConfig& vector = {}) {
    return case_of(std::vector{product(w)}, vector);
}

std::vector<Cycle> cycles(std::deque<Case>& cases) {
    std::vector<Cycle> all;
    for (const MachineReport& r : run_all(cases)) all.push_back(r.operations[0].end - r.operations[0].start);
    return all;
}

constexpr Cycle latency = 4, results = 1 + latency;

TEST(Matvec, TakesACycleARowAndTheLatencyTwice) {
    std::deque<Case> cases;
    cases.push_back(case_of(Work{}));
    cases.push_back(case_of(Work{11}));
    cases.push_back(case_of(Work{10, 2, 2}));
    cases.push_back(case_of(Work{10, 40}));
    cases.push_back(case_of(Work{10, 16, 16, 8, false, false}));
    cases.push_back(case_of(Work{10, 16, 16, 8, false, true, true}));
    const auto c = cycles(cases);
    EXPECT_EQ(c[0], 10 + latency + results);
    EXPECT_EQ(c[1], 11 + latency + results);
    EXPECT_EQ(c[2], 10 + latency + results) << "narrow rows take as long";
    EXPECT_EQ(c[3], 3 * 10 + latency + 2 + results) << "three pieces; forty results are three vectors";
    EXPECT_EQ(c[4], 10 + latency) << "no results yet";
    EXPECT_EQ(c[5], 10 + latency + 1 + results + 1) << "decoded; encoded";
}

TEST(Matvec, IsHeldByTheWriteBackFifoThePortAndTheLanes) {
    VectorConfig one_word, narrow, slow, few;
    one_word.writeback_fifo = 1;
    narrow.port_beats = 2;
    slow.initiation_interval = 3;
    few.lanes = 5;
    VectorConfig few_one_word = few;
    few_one_word.writeback_fifo = 1;
    std::deque<Case> cases;
    cases.push_back(case_of(Work{}, one_word));
    cases.push_back(case_of(Work{}, narrow));
    cases.push_back(case_of(Work{10, 16, 16, 16}, narrow));
    cases.push_back(case_of(Work{}, slow));
    cases.push_back(case_of(Work{}, few));
    cases.push_back(case_of(Work{}, few_one_word));
    cases.push_back(case_of(Work{}));
    cases.back().config.sram.banks = cases.back().config.sram.ports = 1;
    cases.back().config.sram.width_bits = 32;
    const auto c = cycles(cases);
    EXPECT_EQ(c[0], 2 * 10 + latency + results) << "a sum every second cycle";
    EXPECT_EQ(c[1], 10 + latency + results) << "values of 8 bits take one beat";
    EXPECT_EQ(c[2], 2 * 10 + latency + results);
    EXPECT_EQ(c[3], 3 * 10 + latency + 3 + latency);
    EXPECT_EQ(c[4], 4 * 10 + latency + 4 + latency) << "a row of 16 is four vectors of 5 lanes";
    EXPECT_EQ(c[5], 2 * 4 * 10 + latency + 4 + latency);
    EXPECT_GE(c[6], 4 * 10 + latency + 4 + latency) << "four words a row through one port";
}

TEST(Matvec, WaitsForTheDepthOfTheReductionWhereRowsAreSummed) {
    VectorConfig deep;
    deep.reduce_latency = 20;
    std::deque<Case> cases;
    cases.push_back(case_of(Work{10, 40, 16, 8, true}, deep));
    cases.push_back(case_of(Work{10, 40}, deep));
    const auto c = cycles(cases);
    EXPECT_EQ(c[0], 3 * 10 + latency + 20 + results) << "ten results";
    EXPECT_EQ(c[1], 3 * 10 + latency + 2 + results);
}

TEST(Matvec, LetsTheNextPartOfAReductionStartBehindItsLastRow) {
    Work first, second;
    first.last_k = false;
    MatvecCommand goes_on = product(second);
    goes_on.first_k = false;
    std::deque<Case> cases;
    cases.push_back(case_of({product(first), goes_on}));
    const auto r = run_all(cases)[0];
    EXPECT_EQ(r.operations[1].start, r.operations[0].start + 10);
    EXPECT_EQ(r.units[static_cast<std::size_t>(Unit::vector)].busy, 20 + latency + results);
}

TEST(Matvec, ReadsTheScalesOfLinesBeforeItsRows) {
    MatvecCommand plain = product({10, 40}), scaled = plain;
    scaled.line_scales = {Program::strip(3 << 20, 4), Program::strip(4 << 20, 160)};
    std::deque<Case> cases;
    cases.push_back(case_of({plain}));
    cases.push_back(case_of({scaled}));
    const auto r = run_all(cases);
    const auto cycles_of = [&](std::size_t i) { return r[i].operations[0].end - r[i].operations[0].start; };
    EXPECT_EQ(cycles_of(1), cycles_of(0) + 1 + 10) << "sixteen bytes a cycle";
    const Activity &before = r[0].operations[0].activity, &after = r[1].operations[0].activity;
    EXPECT_EQ(after[Action::sram_read_bits], before[Action::sram_read_bits] + 164 * 8);
    EXPECT_EQ(after[Action::vector_scratch_write_bits], before[Action::vector_scratch_write_bits] + 164 * 8);
    EXPECT_EQ(after[Action::vector_scratch_read_bits],
              before[Action::vector_scratch_read_bits] + (3 + 40) * 32)
        << "one for each vector of results, one for each of them";
}

TEST(Matvec, CountsAProductAndASumForEveryValueOfTheMatrix) {
    Case columns = case_of(Work{10, 40}), rows = case_of(Work{10, 40, 16, 8, true});
    MatvecCommand goes_on = product({});
    goes_on.first_k = false;
    std::deque<Case> cases;
    cases.push_back(std::move(columns));
    cases.push_back(std::move(rows));
    cases.push_back(case_of({product({10, 16, 16, 8, false, false}), goes_on}));
    const std::uint64_t sum_bits = find_format(cases[0].config.buffers.accumulation_format)->bits,
                        bits = find_format(cases[0].config.vector.format)->bits;
    const auto r = run_all(cases);
    const Activity &c = r[0].operations[0].activity, &s = r[1].operations[0].activity;
    EXPECT_EQ(c[Action::vector_multiply], 400u);
    EXPECT_EQ(c[Action::accumulate], 400u - 40) << "the first sum of a result is only stored";
    EXPECT_EQ(c[Action::vector_reduce], 0u);
    EXPECT_EQ(c[Action::vector_idle], 10u * 8 + 8) << "of rows, and of results";
    EXPECT_EQ(c[Action::accumulation_buffer_write_bits], 400 * sum_bits);
    EXPECT_EQ(c[Action::accumulation_buffer_read_bits], 400 * sum_bits) << "the results leave";
    EXPECT_EQ(c[Action::sram_read_bits], 8u * (400 + 10));
    EXPECT_EQ(c[Action::sram_write_bits], 8u * 40);
    EXPECT_EQ(c[Action::vector_scratch_write_bits], 10 * bits);
    EXPECT_EQ(c[Action::vector_scratch_read_bits], 3 * 10 * bits) << "once a row and piece";
    EXPECT_EQ(c[Action::mac], 0u);
    EXPECT_EQ(s[Action::vector_multiply], 400u);
    EXPECT_EQ(s[Action::vector_reduce], 400u);
    EXPECT_EQ(s[Action::accumulate], 30u - 10) << "a tree's result each";
    EXPECT_EQ(s[Action::accumulation_buffer_write_bits], 30 * sum_bits);
    EXPECT_EQ(s[Action::sram_read_bits], 8u * (400 + 40));
    EXPECT_EQ(s[Action::vector_scratch_read_bits], 40 * bits);
    EXPECT_EQ(r[2].operations[0].activity[Action::accumulate], 160u - 16);
    EXPECT_EQ(r[2].operations[1].activity[Action::accumulate], 160u);
    EXPECT_EQ(r[2].operations[0].activity[Action::accumulation_buffer_read_bits], 144 * sum_bits);
    EXPECT_EQ(r[2].operations[1].activity[Action::accumulation_buffer_read_bits], 176 * sum_bits);
}

}  // namespace
}  // namespace octet::testing
