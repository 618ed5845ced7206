// The rules of docs/hardware/sram.md, one by one, in cycles of the machine: what happens in cycle n does not
// happen in n - 1. Every case runs pass by pass and register by register (run_all).
#include "tests/models/memory/transfers.h"

namespace octet::testing {
namespace {

TEST(SramBank, ServesTheSecondRequestOfACycleInTheNextUnlessItHasTwoPortsOrLiesInAnotherBank) {
    std::deque<Case> cases;
    std::vector<Cycle> grants;
    for (const int ports : {1, 2})
        for (std::uint32_t bank = 0; bank < 16; ++bank) {
            Case c = machine(16, ports);
            // Starts in cycle 1: banks 0 and 1; in cycle 2 banks 2 and 3; two fills do not start in one
            // cycle.
            c.program.fill(Engine::input_fill, 0, 1, 4, word, {}, 0);
            c.program.fill(Engine::weight_fill, far + bank * word, 1, 1, word, {}, 1);
            cases.push_back(std::move(c));
            grants.push_back(ports == 1 && (bank == 2 || bank == 3) ? 3 : 2);
        }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        EXPECT_EQ(end(r[i], 1), grants[i] + fill_delay(2)) << i;
        EXPECT_EQ(end(r[i], 0), 2 + fill_delay(2)) << i << ": the older one does not notice";
    }
}

TEST(SramBank, IsThatOfTheWordModuloTheBanksWhateverPartOfAWordIsWanted) {
    std::deque<Case> cases;
    std::vector<Cycle> grants;
    for (const int banks : {16, 5})
        for (std::uint32_t byte = 0; byte < 96; byte += 4) {
            Case c = machine(banks);
            read_words(c, in_bank(1, 2, static_cast<std::uint32_t>(banks)), 0);  // cycles 1 and 2
            c.program.fill(Engine::input_fill, std::uint64_t{byte}, 1, 1, 4, {}, 1);
            cases.push_back(std::move(c));
            grants.push_back(byte / word % static_cast<std::uint32_t>(banks) == 1 ? 3 : 2);
        }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) EXPECT_EQ(end(r[i], 1), grants[i] + fill_delay(2)) << i;
}

TEST(SramBank, ServesWhoStartedFirstThenTheNext) {
    std::deque<Case> cases;
    for (const bool inputs_first : {true, false}) {
        Case c = machine();
        const Engine engines[] = {inputs_first ? Engine::input_fill : Engine::weight_fill,
                                  inputs_first ? Engine::weight_fill : Engine::input_fill};
        read_words(c, in_bank(0, 6), 0);  // cycles 1 to 6
        c.program.fill(engines[0], 0, 1, 1, word, {}, 1);
        c.program.fill(engines[1], far, 1, 1, word, {}, 2);
        cases.push_back(std::move(c));
    }
    for (const MachineReport& r : run_all(cases)) {
        EXPECT_EQ(end(r, 1), 7 + fill_delay(2));
        EXPECT_EQ(end(r, 2), 8 + fill_delay(2)) << "it waits for both";
        EXPECT_EQ(stall(r, Unit::vector, StallCause::bank_conflict), 0U);
    }
}

TEST(SramWidth, TakesAVectorInAsManyCyclesAsItsWordsNeedOfAllBanksAndPorts) {
    std::deque<Case> cases;
    std::vector<Cycle> beats;
    for (const int banks : {1, 2, 3})
        for (const int ports : {1, 2})
            for (const int bits : {8, 24, 32, 64, 120, 128, 256}) {
                Case c = machine(banks, ports, bits);
                c.program.fill(Engine::input_fill, 0, 1, 1, 16, {}, 0);
                cases.push_back(std::move(c));
                const Cycle words = ceil_div(128, bits), at_once = static_cast<Cycle>(banks * ports);
                beats.push_back((words + at_once - 1) / at_once);
            }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) EXPECT_EQ(end(r[i], 0), beats[i] + fill_delay(2)) << i;
}

TEST(SramWidth, SlowsEveryVectorOfAPass) {
    std::deque<Case> cases;
    std::vector<Cycle> beats;
    for (const int ports : {1, 2})
        for (const int bits : {16, 32, 64, 128}) {
            Case c = machine(1, ports, bits);
            read_words(c, Program::strip(0, 10 * 16), 0);
            std::get<VectorCommand>(c.program.commands()[0].body).rows = 10;
            std::get<VectorCommand>(c.program.commands()[0].body).columns = 16;
            cases.push_back(std::move(c));
            beats.push_back(static_cast<Cycle>(ceil_div(128 / bits, ports)));
        }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i)
        EXPECT_EQ(end(r[i], 0) - start(r[i], 0), 10 * beats[i] + 4) << i;
}

TEST(SramLatency, PassesBeforeAWordIsInABufferAndBeforeTheArrayTakesIt) {
    std::deque<Case> cases;
    const std::vector<int> latencies{1, 2, 3, 7, 64};
    for (const int latency : latencies) {
        Case c = machine(16, 1, 128, latency);
        c.program.fill(Engine::input_fill, 0, 1, 1, word, {}, 0);
        cases.push_back(std::move(c));
        c = machine(64, 8, 128, latency);
        c.program.program({VectorPass{}});
        add_product(c.program, c.config, {1, 4, 4});
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < latencies.size(); ++i) {
        const auto latency = static_cast<Cycle>(latencies[i]);
        EXPECT_EQ(end(r[2 * i], 0), 1 + fill_delay(latency));
        // Granted in cycle 2, the last two rows of the tile in the buffer one cycle later, decoded in one
        // more.
        EXPECT_EQ(r[2 * i + 1].operations[0].array_first, 2 + fill_delay(latency) + 1 + 1);
    }
}

TEST(SramLatency, PassesBeforeAStoreHasItsWords) {
    std::deque<Case> cases;
    const std::vector<int> latencies{1, 2, 3, 7, 64};
    for (const int latency : latencies) {
        Case c = machine(16, 1, 128, latency);
        c.config.dram = IdealDramConfig{64, 10};
        c.program.store(0, 0, 64);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    // Read in cycle 1, there after the latency, requested, 10 cycles, 1 on the bus.
    for (std::size_t i = 0; i < latencies.size(); ++i)
        EXPECT_EQ(end(r[i], 0), 1 + static_cast<Cycle>(latencies[i]) + 10 + 1) << i;
}

TEST(VectorPass, IsDelayedByTheCyclesInWhichAnOlderFillHoldsItsBankAndStallsThatLong) {
    std::deque<Case> cases;
    struct Expected {
        std::uint32_t held;  // cycles 1 to `held`
        int ports;
        std::uint32_t bank;
    };
    std::vector<Expected> expected;
    for (std::uint32_t held : {1U, 2U, 3U, 10U})
        for (const int ports : {1, 2})
            for (const std::uint32_t bank : {0U, 3U}) expected.push_back({held, ports, bank});
    for (const auto& [held, ports, bank] : expected) {
        Case c = machine(16, ports);
        fill_words(c, Engine::input_fill, in_bank(3, held), 0);
        read_words(c, in_bank(bank, 5, 16, far), 1);  // from cycle 2 on
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < r.size(); ++i) {
        const auto& [held, ports, bank] = expected[i];
        const Cycle waits = ports == 1 && bank == 3 ? held - 1 : 0;
        EXPECT_EQ(end(r[i], 1) - start(r[i], 1), 5 + waits + 4) << i;
        EXPECT_EQ(stall(r[i], Unit::vector, StallCause::bank_conflict), waits) << i;
        EXPECT_EQ(stall(r[i], OperationId{1}, StallCause::bank_conflict), waits) << i;
        EXPECT_EQ(stall(r[i], OperationId{0}, StallCause::bank_conflict), 0U) << i;
        EXPECT_EQ(end(r[i], 0), held + fill_delay(2)) << i;
    }
}

TEST(Load, WritesInTheCycleInWhichItsBurstIsThereAndAYoungerFillOfItsBankWaitsForOne) {
    std::deque<Case> cases;
    for (const std::uint32_t bank : {0U, 5U}) {
        Case c = machine();
        c.config.dram = IdealDramConfig{64, 40};
        c.program.load(0, 5 * word, word, {}, 0);
        fill_words(c, Engine::input_fill, in_bank(bank, 100, 16, far), 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(end(r[i], 0), 1U + 40 + 1 + 1) << "requested, on the bus, written";
        EXPECT_EQ(end(r[i], 1), 2 + 99 + i + fill_delay(2));
    }
}

TEST(Load, WaitsForABankThatAnOlderFillHoldsAndStallsThatLong) {
    std::deque<Case> cases;
    for (const std::uint32_t bank : {0U, 5U}) {
        Case c = machine();
        c.config.dram = IdealDramConfig{64, 40};
        fill_words(c, Engine::input_fill, in_bank(bank, 100, 16, far), 0);  // cycles 1 to 100
        c.program.load(0, 5 * word, word, {}, 1);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    EXPECT_EQ(end(r[0], 1), 2U + 40 + 1 + 1);
    EXPECT_EQ(end(r[1], 1), 101U + 1);
    // From the cycle after its bytes have come to that in which they are written, 43: that of its port, or of
    // the bank.
    EXPECT_EQ(stall(r[0], Unit::load, StallCause::sram_port), 1U);
    EXPECT_EQ(stall(r[0], Unit::load, StallCause::bank_conflict), 0U);
    EXPECT_EQ(stall(r[1], Unit::load, StallCause::sram_port), 0U);
    EXPECT_EQ(stall(r[1], Unit::load, StallCause::bank_conflict), 101U - 43 + 1);
}

enum class Client { load, store, fill, vector };

// Of an operation that is numbered like the client: a transfer of bank 0 that waits for a load of operation
// 0.
void add(Case& c, Client client, const Needs& needs) {
    constexpr std::uint32_t many = 30;
    if (client == Client::load) c.program.load(4096, 2 * far, word, needs, 0);
    if (client == Client::store) c.program.store(2 * far, 4096, word, needs, 1);
    if (client == Client::fill) fill_words(c, Engine::input_fill, in_bank(0, many, 16, far), 2, needs);
    if (client == Client::vector) read_words(c, in_bank(0, many), 3, needs);
}

TEST(SramBank, ServesCommandsThatStartInOneCycleInTheOrderOfTheirUnits) {
    std::deque<Case> cases;
    const std::vector<std::pair<Client, Client>> pairs{{Client::load, Client::fill},
                                                       {Client::load, Client::vector},
                                                       {Client::store, Client::fill},
                                                       {Client::store, Client::vector},
                                                       {Client::fill, Client::vector}};
    for (const auto& [older, younger] : pairs)
        for (int order = 0; order < 4;
             ++order) {  // each of the two first in the program, and one of them alone
            Case c = machine();
            c.config.dram = IdealDramConfig{64, 10};
            const Needs needs = Program::after(Engine::load, c.program.load(0, 8 * word, word, {}, 0));
            if (order % 2 == 0) add(c, older, needs);
            if (order != 2) add(c, younger, needs);
            if (order == 1) add(c, older, needs);
            cases.push_back(std::move(c));
        }
    const auto r = run_all(cases);
    for (std::size_t p = 0; p < pairs.size(); ++p) {
        const auto older = static_cast<OperationId>(pairs[p].first),
                   younger = static_cast<OperationId>(pairs[p].second);
        const MachineReport &alone_older = r[4 * p + 2], &alone_younger = r[4 * p + 3];
        for (std::size_t order = 0; order < 2; ++order) {
            const MachineReport& both = r[4 * p + order];
            EXPECT_EQ(start(both, younger), start(alone_younger, younger)) << p;
            EXPECT_EQ(end(both, older), end(alone_older, older)) << p;
            // A word of the DMA is in the way once; all words of a fill are, and the vector unit follows
            // behind.
            const Cycle delay = pairs[p].first == Client::fill ? 30 : 1;
            EXPECT_EQ(end(both, younger), end(alone_younger, younger) + delay) << p;
        }
    }
}

}  // namespace
}  // namespace octet::testing
