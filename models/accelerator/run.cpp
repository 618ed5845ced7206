#include "models/accelerator/run.h"

#include <algorithm>
#include <stdexcept>

#include "models/accelerator/accelerator.h"

namespace octet {

namespace {

// Of the multiplications that the array counted by shape, those that turned out to have a zero.
void count_zero_operands(const MachineValues& values, MachineReport& report) {
    for (std::size_t i = 0; i < std::min(report.operations.size(), values.counts.size()); ++i) {
        const std::uint64_t zeros = values.counts[i].zero_products;
        Activity& activity = report.operations[i].activity;
        if (activity[Action::mac_quantized] > 0) continue;  // these have one price
        for (const MacActions& part : mac_actions(values.config.rules.accumulator == Accumulator::fixed)) {
            activity.count(part.action, std::uint64_t{0} - zeros);  // takes back
            activity.count(part.zero_operand, zeros);
        }
    }
}

}  // namespace

MachineReport run_machine(const AcceleratorConfig& config, CommandSource& program, MachineValues* values,
                          Fidelity fidelity, RunObserver* observer, const RegisterWatchers& registers) {
    static bool ran = false;
    if (ran) throw std::logic_error("the SystemC kernel belongs to the process and can run one machine");
    ran = true;
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
    try {
        Accelerator machine("machine", config, program, fidelity, observer);
        if (values != nullptr) machine.attach(*values);
        for (RegisterWatcher* watcher : registers) machine.watch(*watcher);
        sc_core::sc_start();
        MachineReport report = machine.finish();
        if (values != nullptr) count_zero_operands(*values, report);
        return report;
    } catch (const sc_core::sc_report& report) {  // how the kernel hands on what a process has thrown
        throw std::logic_error(report.get_msg());
    }
}

}  // namespace octet
