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

// The reports, in the order of the cases. Once a test.
inline std::vector<MachineReport> run_all(std::deque<Case>& cases) {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    std::vector<std::unique_ptr<Accelerator>> machines;
    for (Case& c : cases)
        machines.push_back(
            std::make_unique<Accelerator>(sc_core::sc_gen_unique_name("machine"), c.config, c.program));
    sc_core::sc_start();
    std::vector<MachineReport> reports;
    for (auto& machine : machines) {
        reports.push_back(machine->finish());
        expect_states_fit(reports.back());
    }
    return reports;
}

}  // namespace octet::testing
