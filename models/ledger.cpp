#include "models/ledger.h"

#include <algorithm>

namespace octet {

Cycle Timeline::enter(Cycle from) {
    if (from <= cursor_) return cursor_;
    const Cycle until = std::min(from, tail_.until);
    if (until > cursor_) {
        if (tail_.busy)
            times_.busy += until - cursor_;
        else
            charge(until - cursor_, tail_.cause, tail_.operation);
    }
    return cursor_ = from;
}

Ledger::Ledger(std::uint32_t operations) {
    report_.operations.resize(operations);
    timelines_.reserve(unit_count);
    for (UnitTimes& times : report_.units) timelines_.emplace_back(times, report_.operations);
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
