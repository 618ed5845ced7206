// Accelergy's files: energy reference tables (ERT), area reference tables (ART) and action counts, so that
// counts x ERT is the energy of the run. https://accelergy.mit.edu; versions 0.3 and 0.4.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/cost/lines.h"

namespace octet {

// A table is `octet.COMPONENT[1..INSTANCES]` (DRAM and what has no area: no instances). Its actions are those
// of the cost table, with
// - arguments {bits: N} where bits are counted: the energy is that of an access of N bits;
// - leak with {global_cycle_seconds: S}: the energy of one instance in one cycle;
// - cycle with {unit, state}, standby with {state}: of one cycle.
// `clock_mhz`: of the machine.
std::string accelergy_ert(std::span<const EnergyLine> lines, std::span<const AreaLine> areas,
                          double clock_mhz);
std::string accelergy_art(std::span<const AreaLine> areas);

// How often each of these actions happened in a run: count x energy adds up to the energy of the lines.
std::string accelergy_counts(std::span<const EnergyLine> lines, std::span<const AreaLine> areas,
                             const std::string& design, double clock_mhz);

// The rows of an ERT and an ART (either may be null) as a table: components by the text between the last '.'
// and the '[' of a table's name, renamed by `names` (FROM=TO), actions as above, `compute` of a mac as mac.
// What matches nothing is said in `warnings`. `access_bits` answers how many bits an access of a component
// has where the ERT does not say, 0 if nobody knows: then a row that needs it is an error. Without an ERT's
// global_cycle_seconds leakage needs `clock_mhz`, 0 if nobody knows.
struct AccelergyNames {
    std::string from, to;
};
struct AccelergyMachine {
    std::function<double(std::string_view component, std::string_view action)> access_bits;
    double clock_mhz = 0;
};
CostTable read_accelergy(const Node* ert, const Node* art, std::span<const AccelergyNames> names,
                         const AccelergyMachine& machine, std::vector<std::string>& warnings,
                         Diagnostics& errors);

}  // namespace octet
