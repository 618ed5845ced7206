// What an observer is told against the books of the run.
#include <cstdlib>
#include <map>
#include <random>

#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

class Witness final : public RunObserver {
  public:
    void busy(Unit unit, Cycle from, Cycle to, BusyWith with, OperationId operation) override {
        in_order(unit, from, to);
        units[static_cast<std::size_t>(unit)].busy += to - from;
        busy_with[{unit, with}] += to - from;
        const bool shared = unit == Unit::sram || unit == Unit::codec || unit == Unit::dram;
        EXPECT_EQ(operation == no_operation, shared) << name(unit);
    }
    void stalled(Unit unit, Cycle from, Cycle to, StallCause cause, OperationId operation) override {
        in_order(unit, from, to);
        units[static_cast<std::size_t>(unit)].stalls[static_cast<std::size_t>(cause)] += to - from;
        operations.at(operation)[static_cast<std::size_t>(cause)] += to - from;
    }
    void issued(Queue queue, const Command& command, const HeadOfQueue& times) override {
        EXPECT_EQ(queue, queue_of(command.engine));
        EXPECT_LE(times.ready, times.taken);
        EXPECT_LE(times.engine_free, times.taken);
        EXPECT_GE(times.from, head_free[static_cast<std::size_t>(queue)]) << "the one before it was the head";
        head_free[static_cast<std::size_t>(queue)] = times.taken + 1;
        starts[static_cast<std::size_t>(command.engine)].push_back(times.taken);
    }
    void executed(Engine engine, OperationId operation, const CommandView& command, Cycle from, Cycle free,
                  Cycle to) override {
        auto& begun = starts[static_cast<std::size_t>(engine)];
        ASSERT_LT(done[static_cast<std::size_t>(engine)], begun.size());
        EXPECT_EQ(from, begun[done[static_cast<std::size_t>(engine)]++]) << "starts when it leaves the queue";
        EXPECT_LT(from, to);
        EXPECT_LE(free, to + 1);
        first[operation] = first.contains(operation) ? std::min(first[operation], from) : from;
        std::visit([](const auto* body) { EXPECT_NE(body, nullptr); }, command);
    }

    std::array<UnitTimes, unit_count> units{};
    std::vector<StallCounts> operations = std::vector<StallCounts>(8);
    std::map<std::pair<Unit, BusyWith>, Cycle> busy_with;
    std::map<OperationId, Cycle> first;
    std::array<std::vector<Cycle>, engine_count> starts;
    std::array<std::size_t, engine_count> done{};
    std::array<Cycle, queue_count> head_free{};

  private:
    void in_order(Unit unit, Cycle from, Cycle to) {
        EXPECT_LT(from, to) << name(unit);
        EXPECT_GE(from, until_[static_cast<std::size_t>(unit)]) << name(unit);
        until_[static_cast<std::size_t>(unit)] = to;
    }
    std::array<Cycle, unit_count> until_{};
};

// Loads, products, a softmax-like command and a store, on a machine that is short of something.
Case random_case(unsigned seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::initializer_list<int> of) {
        return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
    };
    Case c{ample_machine(pick({1, 4, 8}), pick({2, 4, 8})), Program(3)};
    c.config.array.pe_latency = pick({1, 2, 3});
    c.config.array.overlap_passes = pick({0, 1, 1}) == 1;
    c.config.array.double_buffered_weights = pick({0, 1, 1}) == 1;
    c.config.sram.banks = pick({1, 4, 64});
    c.config.sram.ports = pick({1, 2});
    c.config.vector.lanes = pick({1, 2, c.config.array.cols});
    c.config.vector.drain_depth = pick({0, 3, 40});
    c.config.vector.row_at_a_time = pick({0, 1}) == 1;
    c.config.dram = IdealDramConfig{static_cast<double>(pick({1, 16, 1024})), pick({1, 30})};
    c.config.dma.outstanding = pick({1, 16});
    c.program.program({VectorPass{}});
    VectorPass softmax;
    softmax.reads = 1;
    softmax.writes = softmax.uses_softmax = true;
    const auto softmax_program = c.program.program({softmax, softmax});
    Needs loaded = Program::after(Engine::load, c.program.load(0, 0, 4096));
    loaded.after(Engine::load, c.program.load(8192, 4 << 20, 8192));
    const auto size = [&] { return static_cast<std::uint32_t>(1 + random() % 30); };
    for (OperationId o = 0; o < 2; ++o) {
        const Product g{size(), size(), size(), o, 2, 1};
        add_passes(c.program, c.config, g, add_fills(c.program, c.config, g, loaded));
    }
    VectorCommand v;
    v.program = softmax_program;
    v.rows = 5;
    v.columns = 7;
    v.operands[0].sram = v.output.sram = Program::strip(8 << 20, 35);
    v.operands[0].bits = v.output.bits = 8;
    v.operands[0].codec = v.output.codec = true;
    const auto done =
        c.program.add(Engine::vector, v, Program::after(Engine::vector, c.program.count(Engine::vector)), 2);
    c.program.store(8 << 20, 1 << 20, 35, Program::after(Engine::vector, done), 2);
    return c;
}

TEST(Observer, IsToldOfEveryCycleInTheBooksAndChangesNone) {
    const char* given = std::getenv("OCTET_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    SCOPED_TRACE(::testing::Message() << "OCTET_SEED=" << seed);
    constexpr unsigned count = 150;
    std::deque<Case> cases;
    for (unsigned i = 0; i < count; ++i)
        for (int thrice = 0; thrice < 3; ++thrice) cases.push_back(random_case(seed + i));
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    std::deque<Witness> witnesses(2 * count);  // of the two fidelities of the array
    std::vector<std::unique_ptr<Accelerator>> machines;
    for (std::size_t i = 0; i < cases.size(); ++i)
        machines.push_back(
            std::make_unique<Accelerator>(sc_core::sc_gen_unique_name("machine"), cases[i].config,
                                          cases[i].program, i % 3 == 1 ? Fidelity::registers : Fidelity::pass,
                                          i % 3 < 2 ? &witnesses[i / 3 * 2 + i % 3] : nullptr));
    sc_core::sc_start();
    std::deque<MachineReport> alone_reports;
    for (unsigned i = 0; i < count; ++i) alone_reports.push_back(machines[3 * i + 2]->finish());
    for (unsigned i = 0; i < 2 * count; ++i) {
        SCOPED_TRACE(::testing::Message()
                     << "case " << i / 2 << (i % 2 == 0 ? "" : ", register by register"));
        const MachineReport seen = machines[i / 2 * 3 + i % 2]->finish();
        const MachineReport& alone = alone_reports[i / 2];
        const Witness& w = witnesses[i];
        EXPECT_EQ(seen.total, alone.total);
        for (std::size_t u = 0; u < unit_count; ++u) {
            EXPECT_EQ(seen.units[u].busy, alone.units[u].busy);
            EXPECT_EQ(seen.units[u].stalls, alone.units[u].stalls);
            EXPECT_EQ(w.units[u].busy, seen.units[u].busy) << name(static_cast<Unit>(u));
            EXPECT_EQ(w.units[u].stalls, seen.units[u].stalls) << name(static_cast<Unit>(u));
        }
        std::size_t executed = 0;
        for (const std::size_t n : w.done) executed += n;
        EXPECT_EQ(executed, seen.commands);
        std::uint64_t vectors = 0;
        for (const Command& command : cases[i / 2 * 3].program.commands())
            if (const auto* c = std::get_if<MatmulCommand>(&command.body))
                vectors += std::uint64_t{c->m} * c->k_tiles * c->n_tiles;
        const StallCounts& held = seen.units[static_cast<std::size_t>(Unit::array)].stalls;
        if (held[static_cast<std::size_t>(StallCause::vector_unit)] == 0 &&
            held[static_cast<std::size_t>(StallCause::write_port)] == 0 &&
            held[static_cast<std::size_t>(StallCause::bank_conflict)] == 0) {
            EXPECT_EQ(w.busy_with.at({Unit::array, BusyWith::work}), vectors) << "one vector a cycle";
        }
        for (OperationId o = 0; o < seen.operations.size(); ++o) {
            EXPECT_EQ(w.operations[o], seen.operations[o].stalls);
            EXPECT_EQ(w.first.at(o), seen.operations[o].start);
        }
    }
}

// One product alone: R cycles of weights, vectors, R*L + C - 2 cycles of drain for every pass.
TEST(Observer, SeesWeightsVectorsAndDrainOfPassesThatDoNotOverlap) {
    std::deque<Case> cases;
    cases.push_back({ample_machine(4, 6), Program(1)});
    Case& c = cases.back();
    c.config.array.overlap_passes = false;
    c.config.array.pe_latency = 2;
    c.program.program({VectorPass{}});
    add_product(c.program, c.config, {10, 12, 6});  // three passes
    Witness w;
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    std::deque<Case> copies = cases;
    Witness v;
    Accelerator machine("machine", c.config, c.program, Fidelity::pass, &w);
    Accelerator stepped("stepped", c.config, copies[0].program, Fidelity::registers, &v);
    sc_core::sc_start();
    machine.finish();
    stepped.finish();
    for (const Witness* seen : {&w, &v}) {
        EXPECT_EQ(seen->busy_with.at({Unit::array, BusyWith::weights}), 3u * 4);
        EXPECT_EQ(seen->busy_with.at({Unit::array, BusyWith::work}), 3u * 10);
        EXPECT_EQ(seen->busy_with.at({Unit::array, BusyWith::drain}), 3u * (4 * 2 + 6 - 2));
    }
}

}  // namespace
}  // namespace octet::testing
