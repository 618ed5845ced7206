#include "sim/run/unit_slots.h"

#include <algorithm>

namespace octet {

void UnitSlots::add(Row& row, Cycle from, Cycle to) {
    while (to > length_ * slot_count) widen();
    while (from < to) {
        const Cycle slot = from / length_, end = std::min(to, (slot + 1) * length_);
        row[slot] += end - from;
        from = end;
    }
}

void UnitSlots::widen() {
    length_ *= 2;
    for (Rows& rows : slots_)
        for (Row* row : {&rows.busy, &rows.stall}) {
            for (std::size_t i = 0; i < slot_count / 2; ++i) (*row)[i] = (*row)[2 * i] + (*row)[2 * i + 1];
            std::fill(row->begin() + slot_count / 2, row->end(), 0);
        }
}

nlohmann::ordered_json UnitSlots::document(Cycle total) {
    while (total > length_ * slot_count) widen();  // nothing may have happened at its end
    const auto used = static_cast<std::ptrdiff_t>((total + length_ - 1) / length_);
    const auto list = [&](const Row& row) { return std::vector<Cycle>(row.begin(), row.begin() + used); };
    nlohmann::ordered_json units;
    for (std::size_t u = 0; u < unit_count; ++u)
        units[std::string(name(static_cast<Unit>(u)))] = {{"busy", list(slots_[u].busy)},
                                                          {"stall", list(slots_[u].stall)}};
    return {{"schema", 1}, {"cycles", length_}, {"units", units}};
}

}  // namespace octet
