#include "models/memory/dram_channel.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace octet {
namespace {

constexpr std::uint64_t bit(std::uint32_t bank) {
    return std::uint64_t{1} << bank;
}

// Calls `visit` with every bank of a set until it returns false.
template <class Visit>
inline bool each(std::uint64_t banks, Visit visit) {
    for (; banks != 0; banks &= banks - 1)
        if (!visit(static_cast<std::uint32_t>(std::countr_zero(banks)))) return false;
    return true;
}

}  // namespace

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

DramChannel::DramChannel(const DramPart& part, const DramQueues& queues)
    : part_(part),
      to_data_{part.read_data(), part.write_data()},
      to_precharge_{part.read_to_precharge, part.write_to_precharge()},
      to_other_s_{part.read_to_write(), part.write_data() + part.wtr_s},
      to_other_l_{part.read_to_write(), part.write_data() + part.wtr_l},
      room_{queues.reads, queues.writes},
      bank_room_(queues.bank),
      row_hit_cap_(queues.row_hit_cap),
      calm_(std::min(8U, queues.writes - 1)),
      open_page_(queues.open_page),
      bank_count_(part.banks_in_all()),
      rank_count_(part.ranks) {
    if (bank_count_ > most_banks) throw std::logic_error("a DRAM channel of too many banks");
    for (std::uint32_t i = 0; i < bank_count_; ++i) {
        banks_[i].group = i / part.banks;
        banks_[i].rank = banks_[i].group / part.groups;
        ranks_[banks_[i].rank].banks |= bit(i);
    }
    for (std::uint32_t i = 0; i < rank_count_; ++i) {
        // Ranks refresh in turn, spread over the interval.
        ranks_[i].refresh_due = part.refresh_interval == 0
                                    ? dram_never
                                    : std::uint64_t{i + 1} * part.refresh_interval / part.ranks;
        due_ = std::min(due_, ranks_[i].refresh_due);
    }
    plan<false>(0);
    next_ = plan_.at;
}

// Bursts and where they wait.

inline std::uint32_t DramChannel::allocate() {
    if (free_ == none) {
        pool_.emplace_back();
        return static_cast<std::uint32_t>(pool_.size() - 1);
    }
    const std::uint32_t index = free_;
    free_ = pool_[index].next;
    return index;
}

inline void DramChannel::append(List& list, std::uint32_t index) {
    pool_[index].next = none;
    (list.head == none ? list.head : pool_[list.tail].next) = index;
    list.tail = index;
}

// The burst of that address that has not been issued, if there is one.
std::uint32_t DramChannel::find(std::uint32_t index, std::uint64_t burst, bool write) const {
    const Bank& bank = banks_[index];
    for (const List* list : {&bank.queue, &bank.waiting[write]})
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
        if (!write && tag != no_tag) done_.push_back({tag, now + 1, now + 1});
        return;
    }
    const std::uint32_t same = write || pending % one_write == 0 ? none : find(place.bank, burst, false);
    const std::uint32_t index = allocate();
    Burst& entry = pool_[index];
    entry.burst = burst;
    entry.order = order_++;
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
    append(banks_[place.bank].waiting[write], index);
    set_movable(place.bank, write);
    if (wants_move()) next_ = std::min(next_, now + 1);
}

void DramChannel::last(DramClock now) {
    last_ = true;
    if (wants_move()) next_ = std::min(next_, now + 1);
}

// From read queue and write buffer to the queues of the banks.

inline void DramChannel::set_movable(std::uint32_t index, bool write) {
    const Bank& bank = banks_[index];
    const std::uint64_t movable = bank.waiting[write].head != none && bank.queued < bank_room_;
    movable_[write] = (movable_[write] & ~bit(index)) | movable << index;
}

inline std::uint32_t DramChannel::oldest_movable(bool write) const {
    const std::uint64_t banks = movable_[write];
    if (banks == 0) return none;
    auto oldest = static_cast<std::uint32_t>(std::countr_zero(banks));
    if ((banks & (banks - 1)) == 0) return oldest;
    const auto order = [&](std::uint32_t bank) { return pool_[banks_[bank].waiting[write].head].order; };
    each(banks, [&](std::uint32_t bank) {
        if (static_cast<std::int32_t>(order(bank) - order(oldest)) < 0) oldest = bank;
        return true;
    });
    return oldest;
}

// Whether the new command may change which command is next.
inline bool DramChannel::enqueue(std::uint32_t index, bool write) {
    Bank& bank = banks_[index];
    List& list = bank.waiting[write];
    const std::uint32_t first = list.head;
    list.head = pool_[first].next;
    append(bank.queue, first);
    --waiting_[write];
    ++commands_;
    bool news = bank.queued++ == 0;
    active_ |= bit(index);
    // A command behind others of its bank counts only as the first one to hit the open row.
    if (pool_[first].row == bank.open_row) news |= bank.row_hits[write]++ == 0;
    set_movable(index, write);
    if (bank.queued == bank_room_) movable_[!write] &= ~bit(index);
    return news;
}

// Returns the bank whose queue got a command that may change the plan, or none.
inline std::uint32_t DramChannel::move() {
    if (waiting_[1] > 0) {
        if (draining_ == 0 && starts_draining()) draining_ = waiting_[1];
        if (draining_ > 0) {
            const std::uint32_t bank = oldest_movable(true);
            if (bank == none) return none;
            const std::uint64_t burst = pool_[banks_[bank].waiting[1].head].burst;
            // A write does not pass a read of its address: reads go first then.
            if (pending_[slot_of(burst)] % one_write == 0 || find(bank, burst, false) == none) {
                --draining_;
                return enqueue(bank, true) ? bank : none;
            }
            draining_ = 0;
        }
    }
    const std::uint32_t bank = oldest_movable(false);
    return bank != none && enqueue(bank, false) ? bank : none;
}

// Which command is next.

inline bool DramChannel::may_precharge(const Bank& bank) const {
    return pool_[bank.queue.head].row != bank.open_row &&
           (bank.row_hits[0] + bank.row_hits[1] == 0 || bank.hits >= row_hit_cap_);
}

inline DramClock DramChannel::column_ready(const Bank& bank, bool write) const {
    return std::max(std::max(groups_[bank.group].column_from[write], ranks_[bank.rank].column_from[write]),
                    bank.column_from[write]);
}

// The first clock in which a command of the bank's queue can be issued.
template <bool row_hits>
inline DramClock DramChannel::ready(const Bank& bank) const {
    if constexpr (row_hits) return column_ready(bank, false);
    if (bank.open_row == none) {
        const Rank& rank = ranks_[bank.rank];
        const DramClock window = rank.activated < 4 ? 0 : rank.activates[rank.oldest] + part_.faw;
        return std::max(std::max(window, bank.activate_from),
                        std::max(groups_[bank.group].activate_from, rank.activate_from));
    }
    DramClock at = dram_never;
    if (bank.row_hits[0] > 0) at = column_ready(bank, false);
    if (bank.row_hits[1] > 0) at = std::min(at, column_ready(bank, true));
    if (may_precharge(bank)) at = std::min(at, bank.precharge_from);
    return at;
}

DramClock DramChannel::refresh_ready(const Rank& rank) const {
    if (rank.open == 0) return rank.closed_from;
    DramClock at = 0;
    each(rank.banks, [&](std::uint32_t index) {
        if (banks_[index].open_row != none) at = std::max(at, banks_[index].precharge_from);
        return true;
    });
    return at;
}

template <bool row_hits>
inline void DramChannel::plan(DramClock from) {
    Plan best;
    if (!row_hits && blocked_ != 0)
        for (std::uint32_t i = 0; i < rank_count_; ++i) {
            if ((ranks_[i].banks & blocked_) == 0) continue;
            const DramClock at = std::max(from, refresh_ready(ranks_[i]));
            if (at < best.at) best = {at, Plan::What::refresh, i};
        }
    // Of commands that can be issued as early, that of the bank whose turn comes first.
    const auto consider = [&](std::uint32_t index) {
        const DramClock at = std::max(from, ready<row_hits>(banks_[index]));
        if (at < best.at) best = {at, Plan::What::bank, index};
        return best.at > from;
    };
    const std::uint64_t banks = row_hits ? active_ : active_ & ~blocked_;
    const std::uint64_t later = ~std::uint64_t{0} << turn_;
    if (each(banks & later, consider)) each(banks & ~later, consider);
    plan_ = best;
    if (due_ <= plan_.at) plan_ = {due_, Plan::What::due, 0};
}

// After a command has been put into the queue of one bank.
inline void DramChannel::plan_too(DramClock from, std::uint32_t index) {
    if (blocked_ != 0 || (plan_.what == Plan::What::bank && plan_.index == index)) return plan<false>(from);
    const DramClock at = std::max(from, ready<false>(banks_[index]));
    if (at > plan_.at || (at == plan_.at && plan_.what == Plan::What::due)) return;
    const auto distance = [&](std::uint32_t bank) {
        return bank >= turn_ ? bank - turn_ : bank + bank_count_ - turn_;
    };
    if (at == plan_.at && distance(index) > distance(plan_.index)) return;
    plan_ = {at, Plan::What::bank, index};
}

void DramChannel::become_due(DramClock now) {
    due_ = dram_never;
    for (std::uint32_t i = 0; i < rank_count_; ++i) {
        Rank& rank = ranks_[i];
        if (rank.refresh_due <= now) {
            rank.refresh_due += part_.refresh_interval;
            blocked_ |= rank.banks;
        }
        due_ = std::min(due_, rank.refresh_due);
    }
}

// At rest, with all rows closed, a rank is refreshed in the clock in which it is due: the last interval is
// left to be simulated.
void DramChannel::rest(DramClock until) {
    if (log_ != nullptr || blocked_ != 0) return;
    for (std::uint32_t i = 0; i < rank_count_; ++i)
        if (ranks_[i].open > 0 || ranks_[i].closed_from > ranks_[i].refresh_due) return;
    const std::uint64_t intervals = (until - due_) / part_.refresh_interval - 1;
    for (std::uint32_t i = 0; i < rank_count_; ++i)
        ranks_[i].refresh_due += intervals * part_.refresh_interval;
    counts_.refreshes += intervals * rank_count_;
    due_ += intervals * part_.refresh_interval;
    plan<false>(plan_.at);
    next_ = plan_.at;
}

// What a command does.

inline void DramChannel::complete(std::uint32_t index, DramClock at) {
    while (index != none) {
        Burst& burst = pool_[index];
        if (!burst.write && burst.tag != no_tag) done_.push_back({burst.tag, at - part_.burst, at});
        burst.next = free_;
        free_ = index;
        index = burst.merged;
    }
}

// `command` stands behind `before` in its bank's queue (none: at the head).
template <bool row_hits>
inline void DramChannel::column(DramClock now, std::uint32_t index, std::uint32_t before,
                                std::uint32_t command) {
    Bank& bank = banks_[index];
    Group& group = groups_[bank.group];
    Rank& rank = ranks_[bank.rank];
    const Burst& entry = pool_[command];
    const bool write = !row_hits && entry.write;
    (before == none ? bank.queue.head : pool_[before].next) = entry.next;
    if (entry.next == none) bank.queue.tail = before;
    pending_[slot_of(entry.burst)] -= write ? one_write : 1;
    --commands_;
    --bank.row_hits[write];
    if (bank.queued-- == bank_room_) {
        set_movable(index, false);
        if (!row_hits || waiting_[1] > 0) set_movable(index, true);
    }
    if (bank.queued == 0) active_ &= ~bit(index);

    if (bank.hits++ > 0)
        ++counts_.row_hits;
    else
        ++(bank.conflict ? counts_.row_conflicts : counts_.row_misses);
    bank.conflict = false;
    ++(write ? counts_.writes : counts_.reads);
    const DramClock data = now + to_data_[write];
    last_beat_ = std::max(last_beat_, data);
    if (data - part_.burst != bus_.to) {
        end_beats();
        bus_.from = data - part_.burst;
    }
    bus_.to = data;
    bank.precharge_from = std::max(bank.precharge_from, now + to_precharge_[write]);
    rank.column_from[write] = now + part_.ccd_s;
    group.column_from[write] = now + part_.ccd_l;
    rank.column_from[!write] = std::max(rank.column_from[!write], now + to_other_s_[write]);
    group.column_from[!write] = std::max(group.column_from[!write], now + to_other_l_[write]);
    if (!row_hits && rank_count_ > 1) {
        const std::uint32_t to_read = write ? part_.write_to_read_other_rank() : part_.other_rank();
        const std::uint32_t to_write = write ? part_.other_rank() : part_.read_to_write();
        for (std::uint32_t i = 0; i < rank_count_; ++i) {
            Rank& other = ranks_[i];
            if (&other == &rank) continue;
            other.column_from[0] = std::max(other.column_from[0], now + to_read);
            other.column_from[1] = std::max(other.column_from[1], now + to_write);
        }
    }
    if constexpr (!row_hits)
        record(now, write ? DramCommand::Kind::write : DramCommand::Kind::read, bank.rank, index, entry.row,
               entry.burst);
    if (!row_hits && !open_page_) close(bank, bank.precharge_from, part_.precharge);
    complete(command, data);
}

inline void DramChannel::activate(DramClock now, std::uint32_t index, std::uint32_t row) {
    Bank& bank = banks_[index];
    Rank& rank = ranks_[bank.rank];
    bank.open_row = row;
    bank.activate_from = now + part_.rc;
    bank.column_from = {now + part_.rcd_read, now + part_.rcd_write};
    bank.precharge_from = now + part_.ras;
    groups_[bank.group].activate_from = now + part_.rrd_l;
    rank.activate_from = std::max(rank.activate_from, now + part_.rrd_s);
    if (rank.activated < 4) {
        rank.activates[rank.activated++] = now;
    } else {
        rank.activates[rank.oldest] = now;
        rank.oldest = (rank.oldest + 1) % 4;
    }
    if (rank.open++ == 0 && now >= rank.active_to) {
        rank.active += rank.active_to - rank.active_from;
        rank.active_from = now;
    }
    for (std::uint32_t i = bank.queue.head; i != none; i = pool_[i].next)
        bank.row_hits[pool_[i].write] += pool_[i].row == row;
    if (watched_) activated_for_.push_back(pool_[bank.queue.head].tag);
    ++counts_.activates;
    record(now, DramCommand::Kind::activate, bank.rank, index, row);
}

// The row closes at `from`, which may lie ahead, and the bank rests for `duration` then.
inline void DramChannel::close(Bank& bank, DramClock from, std::uint32_t duration) {
    Rank& rank = ranks_[bank.rank];
    bank.open_row = none;
    bank.hits = 0;
    bank.row_hits = {};
    bank.activate_from = std::max(bank.activate_from, from + duration);
    rank.closed_from = std::max(rank.closed_from, from + duration);
    rank.active_to = std::max(rank.active_to, from);
    --rank.open;
}

void DramChannel::issue_refresh(DramClock now, std::uint32_t index) {
    Rank& rank = ranks_[index];
    if (rank.open > 0) {
        each(rank.banks, [&](std::uint32_t bank) {
            if (banks_[bank].open_row != none) close(banks_[bank], now, part_.precharge_all);
            return true;
        });
        record(now, DramCommand::Kind::precharge_all, index, 0, 0);
        return;
    }
    rank.activate_from = std::max(rank.activate_from, now + part_.refresh);
    rank.closed_from = now + part_.refresh;
    blocked_ &= ~rank.banks;
    ++counts_.refreshes;
    record(now, DramCommand::Kind::refresh, index, 0, 0);
}

inline void DramChannel::issue(DramClock now) {
    if (plan_.what == Plan::What::refresh) return issue_refresh(now, plan_.index);
    const std::uint32_t index = plan_.index;
    Bank& bank = banks_[index];
    turn_ = index + 1 == bank_count_ ? 0 : index + 1;
    if (bank.open_row == none) return activate(now, index, pool_[bank.queue.head].row);
    for (std::uint32_t i = bank.queue.head, before = none; i != none; before = i, i = pool_[i].next) {
        if (pool_[i].row == bank.open_row) {
            if (now >= column_ready(bank, pool_[i].write)) return column<false>(now, index, before, i);
        } else if (before == none && now >= bank.precharge_from && may_precharge(bank)) {
            record(now, DramCommand::Kind::precharge, bank.rank, index, bank.open_row);
            bank.conflict = true;
            return close(bank, now, part_.precharge);
        }
    }
}

// Whether nothing but reads of open rows can be issued next: all that waits in the queues of the banks. Then
// time and turn decide alone, and what else might happen need not be asked for.
inline bool DramChannel::has_row_hits_alone() const {
    if (rank_count_ > 1 || !open_page_ || log_ != nullptr || blocked_ != 0 || draining_ > 0 || may_drain())
        return false;
    return each(active_, [&](std::uint32_t bank) { return banks_[bank].row_hits[0] == banks_[bank].queued; });
}

void DramChannel::step_any(DramClock now) {
    while (plan_.at <= now && plan_.what == Plan::What::due) {
        become_due(now);
        plan<false>(now);
    }
    const bool issues = plan_.at <= now;
    if (issues) issue(now);
    const std::uint32_t bank = move();
    if (issues)
        plan<false>(now + 1);
    else if (bank != none)
        plan_too(now + 1, bank);
    next_ = std::min(plan_.at, wants_move() ? now + 1 : dram_never);
    row_hits_alone_ = has_row_hits_alone();
}

// The same for row hits alone.
void DramChannel::step_row_hits(DramClock now) {
    const bool issues = plan_.at <= now;
    if (may_drain() || (issues && plan_.what == Plan::What::due)) return step_any(now);
    if (issues) {
        turn_ = plan_.index + 1 == bank_count_ ? 0 : plan_.index + 1;
        column<true>(now, plan_.index, none, banks_[plan_.index].queue.head);
    }
    const std::uint32_t index = oldest_movable(false);
    bool news = issues;
    if (index != none) {
        news |= enqueue(index, false);
        row_hits_alone_ = banks_[index].row_hits[0] == banks_[index].queued;
    }
    if (news) row_hits_alone_ ? plan<true>(now + 1) : plan<false>(now + 1);
    next_ = std::min(plan_.at, movable_[0] != 0 ? now + 1 : dram_never);
}

DramCounts DramChannel::counts(DramClock until) const {
    DramCounts counts = counts_;
    for (std::uint32_t i = 0; i < rank_count_; ++i) {
        const Rank& rank = ranks_[i];
        counts.active +=
            rank.active + (rank.open > 0 ? until : std::min(until, rank.active_to)) - rank.active_from;
    }
    return counts;
}

}  // namespace octet
