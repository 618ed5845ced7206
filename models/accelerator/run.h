// Runs a program on a machine.
#pragma once
#include "models/accelerator/command.h"
#include "models/accelerator/config.h"
#include "models/accelerator/report.h"
#include "models/array/register_watcher.h"
#include "models/machine_values.h"
#include "models/observer.h"

namespace octet {

// Builds the machine in the SystemC kernel and runs the program until the last command has completed. The
// kernel belongs to the process, so a process can do this once. Prints nothing. Throws std::logic_error when
// the program cannot end (a command waits for what never completes) or is malformed.
// `values`: what its memories hold before the run, and after it; nullptr for time alone. `observer`: nullptr
// for none. `registers`: see those of the array, with Fidelity::registers.
MachineReport run_machine(const AcceleratorConfig& config, CommandSource& program,
                          MachineValues* values = nullptr, Fidelity fidelity = Fidelity::pass,
                          RunObserver* observer = nullptr, const RegisterWatchers& registers = {});

}  // namespace octet
