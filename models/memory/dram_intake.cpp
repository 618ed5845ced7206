// How bursts come into the queues of a channel.
#include <algorithm>

#include "models/memory/dram_channel.h"

namespace octet {

DramCounts& DramCounts::operator+=(const DramCounts& other) {
    reads += other.reads;
    writes += other.writes;
    forwarded += other.forwarded;
    merged += other.merged;
    row_hits += other.row_hits;
    row_misses += other.row_misses;
    row_conflicts += other.row_conflicts;
    activates += other.activates;
    refreshes += other.refreshes;
    active += other.active;
    return *this;
}

// The burst of that address that has not been issued, if there is one.
std::uint32_t DramChannel::find(std::uint32_t bank, std::uint64_t burst, bool write) const {
    for (const List* list : {&queues_[bank].queue, &queues_[bank].waiting[write]})
        for (std::uint32_t i = list->head; i != none; i = pool_[i].next)
            if (pool_[i].write == write && pool_[i].burst == burst) return i;
    return none;
}

void DramChannel::take(DramClock now, const DramPlace& place, std::uint64_t burst, bool write,
                       std::uint32_t tag) {
    std::uint32_t& pending = pending_[slot_of(burst)];
    // A write that is posted serves reads and writes of its address.
    if (pending >= one_write && find(place.bank, burst, true) != none) {
        ++(write ? counts_.merged : counts_.forwarded);
        if (!write && tag != no_tag) done_.push_back({tag, 1, now + 1, now + 1});
        return;
    }
    const std::uint32_t same = write || pending % one_write == 0 ? none : find(place.bank, burst, false);
    const std::uint32_t index = allocate();
    Burst& entry = pool_[index];
    entry.burst = burst;
    entry.from = now + 1;
    entry.row = place.row;
    entry.tag = tag;
    entry.merged = none;
    entry.write = write;
    if (same != none) {  // so does a read that waits
        entry.merged = pool_[same].merged;
        pool_[same].merged = index;
        ++counts_.merged;
        return;
    }
    pending += write ? one_write : 1;
    ++waiting_[write];
    append(queues_[place.bank].waiting[write], index);
    set_movable(place.bank, write);
    if (wants_move()) next_ = std::min(next_, now + 1);
}

std::uint32_t DramChannel::take_ahead(DramClock now, const DramPlace& place, std::uint64_t burst,
                                      std::uint32_t most, std::uint32_t tag) {
    std::uint32_t taken = 0;
    List& list = queues_[place.bank].waiting[0];
    for (; taken < most && takes_ahead(burst + taken); ++taken) {
        ++pending_[slot_of(burst + taken)];
        const std::uint32_t index = allocate();
        Burst& entry = pool_[index];
        entry.burst = burst + taken;
        entry.from = now + taken + 1;
        entry.row = place.row;
        entry.tag = tag;
        entry.merged = none;
        entry.write = false;
        append(list, index);
        ++waiting_[0];
    }
    if (taken == 0) return 0;
    set_movable(place.bank, false);
    if (wants_move()) next_ = std::min(next_, now + 1);
    return taken;
}

void DramChannel::last(DramClock now) {
    last_ = true;
    if (wants_move()) next_ = std::min(next_, now + 1);
}

}  // namespace octet
