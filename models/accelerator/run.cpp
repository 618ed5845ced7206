#include "models/accelerator/run.h"

#include <stdexcept>

#include "models/accelerator/accelerator.h"

namespace octet {

MachineReport run_machine(const AcceleratorConfig& config, CommandSource& program, MachineValues* values,
                          Fidelity fidelity, RunObserver* observer, sc_core::sc_trace_file* registers) {
    static bool ran = false;
    if (ran) throw std::logic_error("the SystemC kernel belongs to the process and can run one machine");
    ran = true;
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
    try {
        Accelerator machine("machine", config, program, fidelity, observer);
        if (values != nullptr) machine.attach(*values);
        if (registers != nullptr) machine.trace(*registers);
        sc_core::sc_start();
        return machine.finish();
    } catch (const sc_core::sc_report& report) {  // how the kernel hands on what a process has thrown
        throw std::logic_error(report.get_msg());
    }
}

}  // namespace octet
