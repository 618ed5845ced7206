// The banks of one channel: which rows are open, and from when on which command is allowed
// (docs/hardware/dram.md, Timings). The commands themselves are the controller's choice.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

#include "models/memory/dram_part.h"

namespace octet {

// Calls `visit` with every bank of a set, a bit each, until it returns false.
template <class Visit>
inline bool each_bank(std::uint64_t banks, Visit visit) {
    for (; banks != 0; banks &= banks - 1)
        if (!visit(static_cast<std::uint32_t>(std::countr_zero(banks)))) return false;
    return true;
}

class DramBanks {
  public:
    static constexpr std::uint32_t most = 64;
    static constexpr std::uint32_t closed = ~std::uint32_t{0};

    explicit DramBanks(const DramPart& part)
        : part_(part),
          to_data_{part.read_data(), part.write_data()},
          to_precharge_{part.read_to_precharge, part.write_to_precharge()},
          to_other_s_{part.read_to_write(), part.write_data() + part.wtr_s},
          to_other_l_{part.read_to_write(), part.write_data() + part.wtr_l} {
        if (part.banks_in_all() > most) throw std::logic_error("a DRAM channel of too many banks");
        for (std::uint32_t i = 0; i < part.banks_in_all(); ++i) {
            banks_[i].group = i / part.banks;
            banks_[i].rank = banks_[i].group / part.groups;
            ranks_[banks_[i].rank].banks |= std::uint64_t{1} << i;
        }
    }

    std::uint32_t open_row(std::uint32_t bank) const { return banks_[bank].open_row; }
    std::uint32_t rank_of(std::uint32_t bank) const { return banks_[bank].rank; }
    std::uint64_t banks_of(std::uint32_t rank) const { return ranks_[rank].banks; }
    bool any_open(std::uint32_t rank) const { return ranks_[rank].open > 0; }

    // The first clock in which the command is allowed.
    DramClock activate_from(std::uint32_t index) const {
        const Bank& bank = banks_[index];
        const Rank& rank = ranks_[bank.rank];
        const DramClock window = rank.activated < 4 ? 0 : rank.activates[rank.oldest] + part_.faw;
        return std::max(std::max(window, bank.activate_from),
                        std::max(groups_[bank.group].activate_from, rank.activate_from));
    }
    DramClock column_from(std::uint32_t index, bool write) const {
        const Bank& bank = banks_[index];
        return std::max(
            std::max(groups_[bank.group].column_from[write], ranks_[bank.rank].column_from[write]),
            bank.column_from[write]);
    }
    DramClock precharge_from(std::uint32_t index) const { return banks_[index].precharge_from; }
    DramClock precharge_all_from(std::uint32_t rank) const {
        DramClock at = 0;
        each_bank(ranks_[rank].banks, [&](std::uint32_t index) {
            if (banks_[index].open_row != closed) at = std::max(at, banks_[index].precharge_from);
            return true;
        });
        return at;
    }
    DramClock refresh_from(std::uint32_t rank) const { return ranks_[rank].closed_from; }

    void activate(DramClock now, std::uint32_t index, std::uint32_t row) {
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
    }
    // Returns the end of the last beat.
    DramClock column(DramClock now, std::uint32_t index, bool write) {
        Bank& bank = banks_[index];
        Group& group = groups_[bank.group];
        Rank& rank = ranks_[bank.rank];
        bank.precharge_from = std::max(bank.precharge_from, now + to_precharge_[write]);
        rank.column_from[write] = now + part_.ccd_s;
        group.column_from[write] = now + part_.ccd_l;
        rank.column_from[!write] = std::max(rank.column_from[!write], now + to_other_s_[write]);
        group.column_from[!write] = std::max(group.column_from[!write], now + to_other_l_[write]);
        if (part_.ranks > 1) {
            const std::uint32_t to_read = write ? part_.write_to_read_other_rank() : part_.other_rank();
            const std::uint32_t to_write = write ? part_.other_rank() : part_.read_to_write();
            for (std::uint32_t i = 0; i < part_.ranks; ++i) {
                if (i == bank.rank) continue;
                ranks_[i].column_from[0] = std::max(ranks_[i].column_from[0], now + to_read);
                ranks_[i].column_from[1] = std::max(ranks_[i].column_from[1], now + to_write);
            }
        }
        return now + to_data_[write];
    }
    void precharge(DramClock now, std::uint32_t index) { close(index, now, part_.precharge); }
    // In the first clock in which a precharge is allowed.
    void auto_precharge(std::uint32_t index) { close(index, banks_[index].precharge_from, part_.precharge); }
    void precharge_all(DramClock now, std::uint32_t rank) {
        each_bank(ranks_[rank].banks, [&](std::uint32_t index) {
            if (banks_[index].open_row != closed) close(index, now, part_.precharge_all);
            return true;
        });
    }
    void refresh(DramClock now, std::uint32_t index) {
        Rank& rank = ranks_[index];
        rank.activate_from = std::max(rank.activate_from, now + part_.refresh);
        rank.closed_from = now + part_.refresh;
    }

    // Clocks before `until` in which a rank had a row open, summed over ranks.
    DramClock active(DramClock until) const {
        DramClock sum = 0;
        for (std::uint32_t i = 0; i < part_.ranks; ++i) {
            const Rank& rank = ranks_[i];
            const DramClock to = rank.open > 0 ? until : std::min(until, rank.active_to);
            sum += rank.active + to - rank.active_from;
        }
        return sum;
    }

  private:
    // Sizes are powers of two, for quick indexing.
    struct alignas(64) Bank {
        DramClock activate_from = 0, precharge_from = 0;
        std::array<DramClock, 2> column_from{};  // read, write
        std::uint32_t open_row = closed;
        std::uint32_t rank = 0, group = 0;  // group: of all of the channel
    };
    struct alignas(32) Group {
        DramClock activate_from = 0;
        std::array<DramClock, 2> column_from{};
    };
    struct alignas(128) Rank {
        DramClock activate_from = 0;
        std::array<DramClock, 2> column_from{};
        DramClock closed_from = 0;             // when all precharges and refreshes issued so far are over
        std::uint64_t banks = 0;               // a bit each
        std::array<DramClock, 4> activates{};  // the last four, a ring
        std::uint32_t oldest = 0, activated = 0;
        std::uint32_t open = 0;
        DramClock active_from = 0, active_to = 0, active = 0;
    };

    // The row closes at `from`, which may lie ahead, and the bank rests for `duration` then.
    void close(std::uint32_t index, DramClock from, std::uint32_t duration) {
        Bank& bank = banks_[index];
        Rank& rank = ranks_[bank.rank];
        bank.open_row = closed;
        bank.activate_from = std::max(bank.activate_from, from + duration);
        rank.closed_from = std::max(rank.closed_from, from + duration);
        rank.active_to = std::max(rank.active_to, from);
        --rank.open;
    }

    DramPart part_;
    // From a read or a write to the end of its data, to the precharge of its bank, to the other kind of
    // command: of the rank, of the group.
    std::array<DramClock, 2> to_data_, to_precharge_, to_other_s_, to_other_l_;
    std::array<Bank, most> banks_;
    std::array<Group, most> groups_;
    std::array<Rank, most> ranks_;
};

}  // namespace octet
