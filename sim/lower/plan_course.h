// How long one product takes by a plan, chunk by chunk: the machine's overlap of loads, fills, passes,
// results and stores, in a few numbers a chunk (docs/lowering.md).
#pragma once
#include "sim/lower/plan.h"

namespace octet {

struct CourseTimes {
    double total = 0;  // cycles until the last result is where it belongs
    double array = 0;  // cycles from the first pass's start to the last one's end, waits included
};

// Of a long product the beginning is followed and the rest extrapolated. Loads take `slower` times what they
// take at least.
CourseTimes course_of(const GemmPlan& plan, const GemmRequest& request, const MachineShape& machine,
                      double slower);

}  // namespace octet
