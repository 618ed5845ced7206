#include "models/memory/dram_channel.h"

#include <algorithm>

namespace octet {

DramChannel::DramChannel(const DramPart& part, const DramQueues& queues)
    : part_(part),
      room_{queues.reads, queues.writes},
      bank_room_(queues.bank),
      row_hit_cap_(queues.row_hit_cap),
      calm_(std::min(8U, queues.writes - 1)),
      open_page_(queues.open_page),
      bank_count_(part.banks_in_all()),
      banks_(part) {
    for (std::uint32_t i = 0; i < part.ranks; ++i) {
        // Ranks refresh in turn, spread over the interval.
        refresh_due_[i] = part.refresh_interval == 0
                              ? dram_never
                              : std::uint64_t{i + 1} * part.refresh_interval / part.ranks;
        due_ = std::min(due_, refresh_due_[i]);
    }
    plan<false>(0);
    next_ = plan_.at;
}

// From read queue and write buffer to the queues of the banks.

// Of what has room in the queue of its bank: the bank whose first burst was taken first.
inline std::uint32_t DramChannel::oldest_movable(bool write) const {
    const std::uint64_t banks = movable_[write];
    if (banks == 0) return none;
    auto oldest = static_cast<std::uint32_t>(std::countr_zero(banks));
    if ((banks & (banks - 1)) == 0) return oldest;
    const auto from = [&](std::uint32_t bank) { return pool_[queues_[bank].waiting[write].head].from; };
    each_bank(banks, [&](std::uint32_t bank) {
        if (from(bank) < from(oldest)) oldest = bank;
        return true;
    });
    return oldest;
}

inline DramClock DramChannel::next_move(DramClock now) const {
    const bool write = draining_ > 0 || starts_draining();
    const std::uint32_t bank = oldest_movable(write);
    return bank == none ? dram_never : std::max(now + 1, pool_[queues_[bank].waiting[write].head].from);
}

// Whether the new command may change which command is next.
inline bool DramChannel::enqueue(std::uint32_t bank, bool write) {
    Queue& queue = queues_[bank];
    List& list = queue.waiting[write];
    const std::uint32_t first = list.head;
    list.head = pool_[first].next;
    append(queue.queue, first);
    --waiting_[write];
    ++commands_;
    write_commands_ += write;
    bool news = queue.queued++ == 0;
    active_ |= bit(bank);
    // A command behind others of its bank counts only as the first one to hit the open row.
    if (pool_[first].row == banks_.open_row(bank)) news |= queue.row_hits[write]++ == 0;
    set_movable(bank, write);
    if (queue.queued == bank_room_) movable_[!write] &= ~bit(bank);
    return news;
}

// Returns the bank whose queue got a command that may change the plan, or none.
inline std::uint32_t DramChannel::move(DramClock now) {
    if (waiting_[1] > 0) {
        if (draining_ == 0 && starts_draining()) draining_ = waiting_[1];
        if (draining_ > 0) {
            const std::uint32_t bank = oldest_movable(true);
            if (bank == none) return none;
            const std::uint64_t burst = pool_[queues_[bank].waiting[1].head].burst;
            // A write does not pass a read of its address: reads go first then.
            if (pending_[slot_of(burst)] % one_write == 0 || find(bank, burst, false) == none) {
                --draining_;
                return enqueue(bank, true) ? bank : none;
            }
            draining_ = 0;
        }
    }
    const std::uint32_t bank = oldest_movable(false);
    if (bank == none || pool_[queues_[bank].waiting[0].head].from > now) return none;
    return enqueue(bank, false) ? bank : none;
}

// Which command is next.

inline bool DramChannel::may_precharge(std::uint32_t bank) const {
    const Queue& queue = queues_[bank];
    return !head_hits(bank) && (queue.row_hits[0] + queue.row_hits[1] == 0 || queue.hits >= row_hit_cap_);
}

// The first clock in which a command of the bank's queue can be issued.
template <bool flow>
inline DramClock DramChannel::ready(std::uint32_t bank) const {
    if constexpr (flow) return banks_.column_from(bank, false);
    if (banks_.open_row(bank) == DramBanks::closed) return banks_.activate_from(bank);
    const Queue& queue = queues_[bank];
    DramClock at = dram_never;
    if (queue.row_hits[0] > 0) at = banks_.column_from(bank, false);
    if (queue.row_hits[1] > 0) at = std::min(at, banks_.column_from(bank, true));
    if (may_precharge(bank)) at = std::min(at, banks_.precharge_from(bank));
    return at;
}

template <bool flow>
inline void DramChannel::plan(DramClock from) {
    Plan best;
    if (!flow && blocked_ != 0)
        for (std::uint32_t i = 0; i < part_.ranks; ++i) {
            if ((banks_.banks_of(i) & blocked_) == 0) continue;
            const DramClock ready =
                banks_.any_open(i) ? banks_.precharge_all_from(i) : banks_.refresh_from(i);
            const DramClock at = std::max(from, ready);
            if (at < best.at) best = {at, Plan::What::refresh, i};
        }
    // Of commands that can be issued as early, that of the bank whose turn comes first.
    const auto consider = [&](std::uint32_t bank) {
        const DramClock at = std::max(from, ready<flow>(bank));
        if (at < best.at) best = {at, Plan::What::bank, bank};
        return best.at > from;
    };
    const std::uint64_t banks = flow ? active_ : active_ & ~blocked_;
    const std::uint64_t later = ~std::uint64_t{0} << turn_;
    if (each_bank(banks & later, consider)) each_bank(banks & ~later, consider);
    plan_ = best;
    if (due_ <= plan_.at) plan_ = {due_, Plan::What::due, 0};
}

// After a command has been put into the queue of one bank.
inline void DramChannel::plan_too(DramClock from, std::uint32_t bank) {
    if (blocked_ != 0 || (plan_.what == Plan::What::bank && plan_.index == bank)) return plan<false>(from);
    const DramClock at = std::max(from, ready<false>(bank));
    if (at > plan_.at || (at == plan_.at && plan_.what == Plan::What::due)) return;
    const auto distance = [&](std::uint32_t other) {
        return other >= turn_ ? other - turn_ : other + bank_count_ - turn_;
    };
    if (at == plan_.at && distance(bank) > distance(plan_.index)) return;
    plan_ = {at, Plan::What::bank, bank};
}

void DramChannel::become_due(DramClock now) {
    due_ = dram_never;
    for (std::uint32_t i = 0; i < part_.ranks; ++i) {
        if (refresh_due_[i] <= now) {
            refresh_due_[i] += part_.refresh_interval;
            blocked_ |= banks_.banks_of(i);
        }
        due_ = std::min(due_, refresh_due_[i]);
    }
}

// At rest, with all rows closed, a rank is refreshed in the clock in which it is due: the last interval is
// left to be simulated.
void DramChannel::rest(DramClock until) {
    if (log_ != nullptr || blocked_ != 0) return;
    for (std::uint32_t i = 0; i < part_.ranks; ++i)
        if (banks_.any_open(i) || banks_.refresh_from(i) > refresh_due_[i]) return;
    const std::uint64_t intervals = (until - due_) / part_.refresh_interval - 1;
    for (std::uint32_t i = 0; i < part_.ranks; ++i) refresh_due_[i] += intervals * part_.refresh_interval;
    counts_.refreshes += intervals * part_.ranks;
    due_ += intervals * part_.refresh_interval;
    plan<false>(plan_.at);
    next_ = plan_.at;
}

// What a command does.

inline void DramChannel::complete(std::uint32_t index, DramClock at) {
    while (index != none) {
        Burst& burst = pool_[index];
        if (!burst.write && burst.tag != no_tag) done_.push_back({burst.tag, 1, at - part_.burst, at});
        burst.next = free_;
        free_ = index;
        index = burst.merged;
    }
}

// `command` stands behind `before` in its bank's queue (none: at the head).
template <bool flow>
inline void DramChannel::column(DramClock now, std::uint32_t bank, std::uint32_t before,
                                std::uint32_t command) {
    Queue& queue = queues_[bank];
    const Burst& entry = pool_[command];
    const bool write = !flow && entry.write;
    (before == none ? queue.queue.head : pool_[before].next) = entry.next;
    if (entry.next == none) queue.queue.tail = before;
    pending_[slot_of(entry.burst)] -= write ? one_write : 1;
    --commands_;
    write_commands_ -= write;
    --queue.row_hits[write];
    if (queue.queued-- == bank_room_) {
        set_movable(bank, false);
        if (!flow || waiting_[1] > 0) set_movable(bank, true);
    }
    if (queue.queued == 0) active_ &= ~bit(bank);

    if (queue.hits++ > 0)
        ++counts_.row_hits;
    else
        ++(queue.conflict ? counts_.row_conflicts : counts_.row_misses);
    queue.conflict = false;
    ++(write ? counts_.writes : counts_.reads);
    const DramClock data = banks_.column(now, bank, write);
    last_beat_ = std::max(last_beat_, data);
    if (data - part_.burst != bus_.to) {
        end_beats();
        bus_.from = data - part_.burst;
    }
    bus_.to = data;
    if constexpr (!flow) {
        record(now, write ? DramCommand::Kind::write : DramCommand::Kind::read, banks_.rank_of(bank), bank,
               entry.row, entry.burst);
        if (!open_page_) {
            banks_.auto_precharge(bank);
            forget_row(bank);
        }
    }
    complete(command, data);
}

inline void DramChannel::forget_row(std::uint32_t bank) {
    queues_[bank].hits = 0;
    queues_[bank].row_hits = {};
}

inline void DramChannel::activate(DramClock now, std::uint32_t bank, std::uint32_t row) {
    Queue& queue = queues_[bank];
    banks_.activate(now, bank, row);
    for (std::uint32_t i = queue.queue.head; i != none; i = pool_[i].next)
        queue.row_hits[pool_[i].write] += pool_[i].row == row;
    if (watched_) activated_for_.push_back(pool_[queue.queue.head].tag);
    ++counts_.activates;
    record(now, DramCommand::Kind::activate, banks_.rank_of(bank), bank, row);
}

void DramChannel::issue_refresh(DramClock now, std::uint32_t rank) {
    if (banks_.any_open(rank)) {
        banks_.precharge_all(now, rank);
        each_bank(banks_.banks_of(rank), [&](std::uint32_t bank) {
            forget_row(bank);
            return true;
        });
        record(now, DramCommand::Kind::precharge_all, rank, 0, 0);
        return;
    }
    banks_.refresh(now, rank);
    blocked_ &= ~banks_.banks_of(rank);
    ++counts_.refreshes;
    record(now, DramCommand::Kind::refresh, rank, 0, 0);
}

inline void DramChannel::issue(DramClock now) {
    if (plan_.what == Plan::What::refresh) return issue_refresh(now, plan_.index);
    const std::uint32_t bank = plan_.index;
    Queue& queue = queues_[bank];
    turn_ = bank + 1 == bank_count_ ? 0 : bank + 1;
    const std::uint32_t row = banks_.open_row(bank);
    if (row == DramBanks::closed) return activate(now, bank, pool_[queue.queue.head].row);
    for (std::uint32_t i = queue.queue.head, before = none; i != none; before = i, i = pool_[i].next) {
        if (pool_[i].row == row) {
            if (now >= banks_.column_from(bank, pool_[i].write)) return column<false>(now, bank, before, i);
        } else if (before == none && now >= banks_.precharge_from(bank) && may_precharge(bank)) {
            record(now, DramCommand::Kind::precharge, banks_.rank_of(bank), bank, row);
            banks_.precharge(now, bank);
            forget_row(bank);
            queue.conflict = true;
            return;
        }
    }
}

// Whether all that can be issued next is reads of open rows, each at the head of its bank's queue. Then time
// and turn decide alone, and what else might happen need not be asked for.
inline bool DramChannel::do_reads_flow() const {
    if (!open_page_ || log_ != nullptr || blocked_ != 0 || write_commands_ > 0 || draining_ > 0) return false;
    return each_bank(active_, [&](std::uint32_t bank) { return head_hits(bank); });
}

void DramChannel::step_any(DramClock now) {
    while (plan_.at <= now && plan_.what == Plan::What::due) {
        become_due(now);
        plan<false>(now);
    }
    const bool issues = plan_.at <= now;
    if (issues) issue(now);
    const std::uint32_t bank = move(now);
    if (issues)
        plan<false>(now + 1);
    else if (bank != none)
        plan_too(now + 1, bank);
    next_ = std::min(plan_.at, next_move(now));
    reads_flow_ = do_reads_flow();
}

// The same while reads flow.
void DramChannel::step_flow(DramClock now) {
    const bool issues = plan_.at <= now;
    if (may_drain() || (issues && plan_.what == Plan::What::due)) return step_any(now);
    if (issues) {
        const std::uint32_t bank = plan_.index;
        turn_ = bank + 1 == bank_count_ ? 0 : bank + 1;
        column<true>(now, bank, none, queues_[bank].queue.head);
        reads_flow_ = queues_[bank].queued == 0 || head_hits(bank);
    }
    const std::uint32_t bank = oldest_movable(false);
    bool news = issues;
    if (bank != none && pool_[queues_[bank].waiting[0].head].from <= now) {
        news |= enqueue(bank, false);
        reads_flow_ = reads_flow_ && head_hits(bank);
    }
    if (news) reads_flow_ ? plan<true>(now + 1) : plan<false>(now + 1);
    next_ = std::min(plan_.at, movable_[0] != 0 ? next_move(now) : dram_never);
}

// Column after column of one row, as far as nothing else can happen: what step_flow() does in many clocks.
DramClock DramChannel::flow(DramClock until) {
    const auto bank = static_cast<std::uint32_t>(std::countr_zero(active_));
    Queue& queue = queues_[bank];
    List& waiting = queue.waiting[0];
    const std::uint32_t row = banks_.open_row(bank);
    const DramClock end = std::min(until, due_);
    DramClock at = banks_.column_from(bank, false), last = next_ - 1, move_from = next_, issued_at = 0;
    at = std::max(at, next_);
    std::uint32_t issued = 0, moved = 0;
    Done done{no_tag, 0, 0, 0};
    const auto move = [&] {
        const std::uint32_t index = waiting.head;
        waiting.head = pool_[index].next;
        append(queue.queue, index);
        ++queue.queued;
        ++moved;
        queue.row_hits[0] += pool_[index].row == row;
    };
    const bool drains = may_drain();  // as soon as no command waits
    const std::uint32_t to_data = part_.read_data(), beats = part_.burst;
    Burst* const pool = pool_.data();
    bool flows = true;
    for (;;) {
        for (const DramClock stop = std::min(at, end); waiting.head != none && queue.queued < bank_room_;) {
            const DramClock clock = std::max(move_from, pool[waiting.head].from);
            if (clock >= stop) break;
            move();
            last = clock;
            move_from = clock + 1;
        }
        if (at >= end || (drains && queue.queued == 1)) break;
        const std::uint32_t command = queue.queue.head;
        Burst& burst = pool[command];
        const std::uint32_t next = burst.next;
        queue.queue.head = next;
        if (next == none) queue.queue.tail = none;
        --pending_[slot_of(burst.burst)];
        --queue.queued;
        ++issued;
        const DramClock data = at + to_data;
        if (data - beats != bus_.to) {
            end_beats();
            bus_.from = data - beats;
        }
        bus_.to = data;
        if (burst.merged == none && done.bursts > 0 && burst.tag == done.tag && data - beats == done.at) {
            done.at = data;
            ++done.bursts;
            burst.next = free_;
            free_ = command;
        } else {
            if (done.bursts > 0) done_.push_back(done);
            done = {burst.tag, burst.tag != no_tag && burst.merged == none, data - beats, data};
            if (burst.merged == none) {
                burst.next = free_;
                free_ = command;
            } else {
                complete(command, data);
            }
        }
        last = issued_at = at;
        if (waiting.head != none && pool[waiting.head].from <= at) move();
        move_from = at + 1;
        if (queue.queued == 0 || pool[queue.queue.head].row != row) {
            flows = false;
            break;
        }
        at += part_.ccd_l;
    }
    if (done.bursts > 0) done_.push_back(done);
    queue.row_hits[0] -= issued;
    waiting_[0] -= moved;
    commands_ += moved - issued;
    if (issued > 0) {
        turn_ = bank + 1 == bank_count_ ? 0 : bank + 1;
        const bool first = queue.hits == 0;
        queue.hits += issued;
        counts_.row_hits += issued - first;
        if (first) ++(queue.conflict ? counts_.row_conflicts : counts_.row_misses);
        queue.conflict = false;
        counts_.reads += issued;
        last_beat_ = std::max(last_beat_, banks_.column(issued_at, bank, false));
    }
    set_movable(bank, false);
    if (waiting_[1] > 0) set_movable(bank, true);
    if (queue.queued == 0) active_ = 0;
    reads_flow_ = flows || queue.queued == 0;
    if (flows)
        plan_ = due_ <= at ? Plan{due_, Plan::What::due, 0} : Plan{at, Plan::What::bank, bank};
    else
        reads_flow_ ? plan<true>(last + 1) : plan<false>(last + 1);
    next_ = std::min(plan_.at, movable_[0] != 0 ? next_move(last) : dram_never);
    return last;
}

DramCounts DramChannel::counts(DramClock until) const {
    DramCounts counts = counts_;
    counts.active = banks_.active(until);
    return counts;
}

}  // namespace octet
