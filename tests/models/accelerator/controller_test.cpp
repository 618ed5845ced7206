#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

// Loads of one word with an operation of its own each: operation k starts when command k does.
Case words(std::uint32_t count) {
    Case c{ample_machine(4, 4), Program(count)};
    for (std::uint32_t i = 0; i < count; ++i) c.program.load(i * 64, i * 64, 16, {}, i);
    return c;
}

TEST(Controller, DispatchesOneCommandACycle) {
    std::deque<Case> cases;
    cases.push_back(words(5));
    const auto r = run_all(cases)[0];
    for (Cycle i = 0; i < 5; ++i)
        EXPECT_EQ(r.operations[i].start, i + 1) << "dispatched in cycle i, in the queue from i + 1 on";
    EXPECT_EQ(r.commands, 5u);
    EXPECT_EQ(r.units[static_cast<std::size_t>(Unit::controller)].busy, 5u);
}

// Many long loads and then a fill, which is dispatched when the loads before it are all in the queue.
Case behind_loads(std::uint32_t loads) {
    Case c{ample_machine(4, 4), Program(2)};
    for (std::uint32_t i = 0; i < loads; ++i) c.program.load(i << 20, 0, 64 * 200);
    c.program.fill(Engine::input_fill, 4 << 20, 1, 1, 4, {}, 1);
    return c;
}

TEST(Controller, HoldsSixtyFourCommandsAQueueAndStallsOnTheNext) {
    std::deque<Case> cases;
    cases.push_back(behind_loads(65));  // one is at the engine from cycle 1 on
    cases.push_back(behind_loads(66));
    cases.push_back(behind_loads(2));
    const auto r = run_all(cases);
    EXPECT_EQ(r[0].operations[1].start, 66u);
    // The second load starts when the first has sent its last request, frees its place a cycle later, load 66
    // is dispatched then, the fill after it.
    const auto queue_full = static_cast<std::size_t>(StallCause::queue_full);
    const Cycle stall = r[1].units[static_cast<std::size_t>(Unit::controller)].stalls[queue_full];
    EXPECT_GT(stall, 100u);
    EXPECT_EQ(r[1].operations[1].start, 66u + stall + 1);
    EXPECT_EQ(r[1].operations[0].stalls[queue_full], stall) << "charged to the command that finds no room";
    EXPECT_EQ(r[0].units[static_cast<std::size_t>(Unit::controller)].stall(), 0u);
}

TEST(Controller, StartsACommandInTheCycleInWhichItsNeedsAreFulfilled) {
    std::deque<Case> cases;
    for (const bool waits : {false, true}) {
        Case c{ample_machine(4, 4), Program(2)};
        const auto load = c.program.load(0, 0, 640);
        c.program.fill(Engine::input_fill, 4 << 20, 1, 1, 4,
                       waits ? Program::after(Engine::load, load) : Needs{}, 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(r[0].operations[1].start, 2u);
    EXPECT_EQ(r[1].operations[1].start, r[1].operations[0].end);
    const auto& array = r[1].units[static_cast<std::size_t>(Unit::array)];
    EXPECT_EQ(array.stalls[static_cast<std::size_t>(StallCause::dependency)], r[1].operations[0].end - 2)
        << "the array queue waits, and the array has nothing to do";
}

TEST(Controller, IssuesAQueueInOrder) {
    Case c{ample_machine(4, 4), Program(3)};
    const auto load = c.program.load(0, 0, 640);
    c.program.fill(Engine::input_fill, 4 << 20, 1, 1, 4, Program::after(Engine::load, load), 1);
    c.program.fill(Engine::weight_fill, 5 << 20, 1, 1, 4, {}, 2);  // could start at once
    std::deque<Case> cases;
    cases.push_back(std::move(c));
    const auto r = run_all(cases)[0];
    EXPECT_EQ(r.operations[2].start, r.operations[1].start + 1) << "one command a cycle leaves a queue";
}

TEST(Machine, NamesWhatEveryQueueWaitsForWhenAProgramCannotEnd) {
    Case c{ample_machine(4, 4), Program(1)};
    c.program.load(0, 0, 64, Program::after(Engine::store, 3));
    c.program.store(0, 0, 64, Program::after(Engine::load, 1));
    try {
        run_machine(c.config, c.program);
        FAIL() << "ended";
    } catch (const std::logic_error& error) {
        const std::string text = error.what();
        EXPECT_NE(
            text.find(
                "queue load: load command of operation 0, waits for 3 commands of store (0 have started)"),
            std::string::npos)
            << text;
        EXPECT_NE(text.find("queue store: store command of operation 0, waits for 1 commands of load"),
                  std::string::npos)
            << text;
    }
}

TEST(Machine, NamesTheTileThatAnEpilogueWaitsFor) {
    Case c{ample_machine(4, 4), Program(1)};
    c.program.program({VectorPass{}});
    EpilogueCommand e;
    e.m = 1;
    e.n_tiles = 2;
    e.n_last = 4;
    c.program.add(Engine::vector, e);
    try {
        run_machine(c.config, c.program);
        FAIL() << "ended";
    } catch (const std::logic_error& error) {
        EXPECT_NE(std::string(error.what()).find("epilogue 1 waits for tile 0 of 2"), std::string::npos)
            << error.what();
    }
}

TEST(Machine, NamesTheFillThatTheArrayWaitsFor) {
    Case c{ample_machine(4, 4), Program(1)};
    MatmulCommand m;
    m.m = m.k_tiles = m.n_tiles = m.k_last = m.n_last = 1;
    m.input_fill = 7;
    c.program.add(Engine::array, m);
    try {
        run_machine(c.config, c.program);
        FAIL() << "ended";
    } catch (const std::logic_error& error) {
        EXPECT_NE(std::string(error.what()).find("waits for input fill 7"), std::string::npos)
            << error.what();
    }
}

TEST(Machine, RefusesACommandAtTheWrongEngine) {
    Case c{ample_machine(4, 4), Program(1)};
    c.program.add(Engine::array, DmaCommand{});
    EXPECT_THROW(run_machine(c.config, c.program), std::logic_error);
}

}  // namespace
}  // namespace octet::testing
