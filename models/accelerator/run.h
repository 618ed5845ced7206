// Runs a program on a machine.
#pragma once
#include "models/accelerator/command.h"
#include "models/accelerator/config.h"
#include "models/accelerator/report.h"
#include "models/machine_values.h"
#include "models/observer.h"

namespace sc_core {
class sc_trace_file;
}

namespace octet {

// Builds the machine in the SystemC kernel and runs the program until the last command has completed. The
// kernel belongs to the process, so a process can do this once. Prints nothing. Throws std::logic_error when
// the program cannot end (a command waits for what never completes) or is malformed.
// `values`: what its memories hold before the run, and after it; nullptr for time alone. `observer`: nullptr
// for none. `registers`: takes those of the array as signals, with Fidelity::registers; nullptr for none.
MachineReport run_machine(const AcceleratorConfig& config, CommandSource& program,
                          MachineValues* values = nullptr, Fidelity fidelity = Fidelity::pass,
                          RunObserver* observer = nullptr, sc_core::sc_trace_file* registers = nullptr);

}  // namespace octet
