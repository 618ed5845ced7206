#include "models/ledger.h"

#include <algorithm>

namespace octet {

Cycle Timeline::enter(Cycle from) {
    if (from <= cursor_) return cursor_;
    const Cycle until = std::min(from, tail_.until);
    if (until > cursor_) {
        if (tail_.busy)
            work(cursor_, until, BusyWith::drain, tail_.operation);
        else
            charge(cursor_, until, tail_.cause, tail_.operation);
    }
    return cursor_ = from;
}

Ledger::Ledger(std::uint32_t operations, RunObserver* observer) : observer_(observer) {
    report_.operations.resize(operations);
    timelines_.reserve(unit_count);
    for (std::size_t u = 0; u < unit_count; ++u)
        timelines_.emplace_back(static_cast<Unit>(u), report_.units[u], report_.operations, observer);
}

void Ledger::started(OperationId operation, Cycle at) {
    OperationReport& r = report_.operations[operation];
    r.start = r.ran ? std::min(r.start, at) : at;
    r.ran = true;
}

void Ledger::ended(OperationId operation, Cycle at) {
    OperationReport& r = report_.operations[operation];
    r.end = std::max(r.end, at);
    report_.total = std::max(report_.total, at);
}

void Ledger::used_array(OperationId operation, Cycle first_weight, Cycle last_sum) {
    OperationReport& r = report_.operations[operation];
    r.array_first = r.used_array ? std::min(r.array_first, first_weight) : first_weight;
    r.array_last = std::max(r.array_last, last_sum);
    r.used_array = true;
    ended(operation, last_sum);
}

void Ledger::close() {
    for (Timeline& t : timelines_) {
        t.close();
        report_.total = std::max(report_.total, t.cursor());
    }
}

}  // namespace octet
