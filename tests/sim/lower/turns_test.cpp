// Machines that run one operation after another.
#include <gtest/gtest.h>

#include <map>

#include "models/accelerator/run.h"
#include "sim/lower/program.h"
#include "sim/workload/description.h"

namespace octet {
namespace {

struct Executed {
    Engine engine;
    OperationId operation;
    Cycle from, to;
};

class Course final : public RunObserver {
  public:
    void busy(Unit, Cycle, Cycle, BusyWith, OperationId) override {}
    void stalled(Unit, Cycle, Cycle, StallCause, OperationId) override {}
    void issued(Queue, const Command&, const HeadOfQueue&) override {}
    void executed(Engine engine, OperationId operation, const CommandView&, Cycle from, Cycle,
                  Cycle to) override {
        commands.push_back({engine, operation, from, to});
    }
    std::vector<Executed> commands;
};

Graph encoder() {
    TransformerDescription d;
    d.name = "two layers";
    d.layers = 2;
    d.hidden = 32;
    d.heads = 2;
    d.ffn = 64;
    d.vocabulary = 64;
    d.positions = 64;
    PhaseConfig phase;
    phase.sequence = 24;
    return expand(d, phase);
}

// How many commands, loads apart, started while an operation before theirs had not written all its results.
int early_commands(bool overlap) {
    const Graph graph = encoder();
    AcceleratorConfig machine;
    machine.dram = IdealDramConfig{};
    machine.controller.overlap_operations = overlap;
    Program program(graph, machine, 0);
    Course course;
    run_machine(machine, program, nullptr, Fidelity::pass, &course);
    std::map<OperationId, Cycle> written;  // by operation, in the order of the program
    for (const Executed& c : course.commands)
        if (c.engine == Engine::vector || c.engine == Engine::store)
            written[c.operation] = std::max(written[c.operation], c.to);
    Cycle before = 0;
    std::map<OperationId, Cycle> turn;
    for (const auto& [operation, at] : written) {
        turn[operation] = before;
        before = std::max(before, at);
    }
    int early = 0;
    for (const Executed& c : course.commands)
        if (c.engine != Engine::load && c.from < turn[c.operation]) ++early;
    EXPECT_GT(course.commands.size(), 100U);
    return early;
}

TEST(Turns, BeginWhenTheOperationBeforeHasWrittenAllItsResults) {
    EXPECT_EQ(early_commands(false), 0);
}

TEST(Turns, AreNotTakenWhereOperationsOverlap) {
    EXPECT_GT(early_commands(true), 10);
}

}  // namespace
}  // namespace octet
