// Prices of one process carried over to another, by the polynomials of Stillmaker and Baas, "Scaling
// equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm" (Integration, 2017).
#pragma once
#include <span>
#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/cost/table.h"

namespace octet {

// The nodes of the published factors, largest and smallest.
constexpr double largest_node_nm = 130, smallest_node_nm = 7;

// Energy of an operation at `to` over that at `from`. Between published nodes the factors lie on straight
// lines.
double energy_ratio(const Process& from, const Process& to);
double area_ratio(double from_nm, double to_nm);

// Why the factors do not hold for a process; empty if they do. Below a node's least energy its polynomial
// rises again as the voltage falls.
std::string unscalable(const Process& process);

// Carries every row on the chip over to `to` (DRAM is not on it) and notes in table.scaling what was done.
// Energies and areas by the ratios above; leakage, for which there is no factor, by area and by voltage,
// which makes it `assumed`. Other scaled rows are `scaled` or what was worse before, and their source says
// from where. A row without node_nm and voltage, or of a process that has no factors, is an error at `rows`,
// the list that the table was read from.
void scale(CostTable& table, const Process& to, const Node& rows, Diagnostics& errors);

}  // namespace octet
