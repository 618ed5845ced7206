// Several machines in one kernel: they share nothing but the clock. (A process can start the kernel once.)
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "models/accelerator/accelerator.h"
#include "tests/models/accelerator/program.h"

namespace octet::testing {

struct Case {
    AcceleratorConfig config;
    Program program;
};

inline void expect_states_fit(const MachineReport& r) {
    StallCounts units{}, operations{};
    for (std::size_t u = 0; u < unit_count; ++u) {
        EXPECT_LE(r.units[u].busy + r.units[u].stall(), r.total) << name(static_cast<Unit>(u));
        for (std::size_t s = 0; s < stall_cause_count; ++s) units[s] += r.units[u].stalls[s];
    }
    for (const auto& o : r.operations) {
        EXPECT_LE(o.end, r.total);
        for (std::size_t s = 0; s < stall_cause_count; ++s) operations[s] += o.stalls[s];
    }
    EXPECT_EQ(units, operations);
    EXPECT_EQ(r.dma_read_bytes, r.dram_read_bytes);
    EXPECT_EQ(r.dma_write_bytes, r.dram_write_bytes);
}

// The two fidelities of the array differ in no number.
inline void expect_same(const MachineReport& pass, const MachineReport& registers) {
    EXPECT_EQ(registers.total, pass.total);
    for (std::size_t u = 0; u < unit_count; ++u) {
        EXPECT_EQ(registers.units[u].busy, pass.units[u].busy) << name(static_cast<Unit>(u));
        for (std::size_t s = 0; s < stall_cause_count; ++s)
            EXPECT_EQ(registers.units[u].stalls[s], pass.units[u].stalls[s])
                << name(static_cast<Unit>(u)) << ' ' << name(static_cast<StallCause>(s));
    }
    ASSERT_EQ(registers.operations.size(), pass.operations.size());
    for (std::size_t o = 0; o < pass.operations.size(); ++o) {
        const OperationReport &a = registers.operations[o], &b = pass.operations[o];
        EXPECT_EQ(a.ran, b.ran) << o;
        EXPECT_EQ(a.start, b.start) << o;
        EXPECT_EQ(a.end, b.end) << o;
        EXPECT_EQ(a.array_first, b.array_first) << o;
        EXPECT_EQ(a.array_last, b.array_last) << o;
        EXPECT_EQ(a.used_array, b.used_array) << o;
        EXPECT_EQ(a.array_stalls, b.array_stalls) << o;
        EXPECT_EQ(a.stalls, b.stalls) << o;
        EXPECT_TRUE(a.activity == b.activity) << o;
    }
    EXPECT_EQ(registers.array_passes, pass.array_passes);
    EXPECT_EQ(registers.commands, pass.commands);
}

// The reports, in the order of the cases. Once a test. Every case runs pass by pass and register by register.
inline std::vector<MachineReport> run_all(std::deque<Case>& cases) {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    std::deque<Case> copies = cases;
    std::vector<std::unique_ptr<Accelerator>> machines;
    for (auto* list : {&cases, &copies})
        for (Case& c : *list)
            machines.push_back(
                std::make_unique<Accelerator>(sc_core::sc_gen_unique_name("machine"), c.config, c.program,
                                              list == &cases ? Fidelity::pass : Fidelity::registers));
    sc_core::sc_start();
    std::vector<MachineReport> reports;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(::testing::Message() << "case " << i);
        reports.push_back(machines[i]->finish());
        expect_states_fit(reports.back());
        expect_same(reports.back(), machines[cases.size() + i]->finish());
    }
    return reports;
}

}  // namespace octet::testing
