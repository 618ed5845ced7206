// The rules of docs/hardware/dram.md, clock by clock and request by request: slow, and simple enough to be
// believed.
#pragma once
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/dram_stream.h"

namespace octet::testing {

struct ReferenceResult {
    std::vector<std::vector<DramCommand>> commands;  // of each channel
    std::vector<DramClock> latencies;                // of reads, in the order in which they were served
    DramCounts counts;
    DramClock clocks = 0;
};

struct ReferencePlace {
    int channel = 0, rank = 0, group = 0, bank = 0;
    std::uint64_t row = 0, column = 0;
};

inline ReferencePlace place_of(const DramDeviceConfig& c, std::uint64_t burst) {
    std::vector<std::string> fields;
    std::string field;
    for (const char letter : c.mapping + "|") {
        if (letter != '|') {
            field += letter;
            continue;
        }
        fields.push_back(field);
        field.clear();
    }
    if (c.mapping.find("channel") == std::string::npos) fields.push_back("channel");
    ReferencePlace place;
    while (!fields.empty()) {
        const auto take = [&](std::uint64_t size) {
            const std::uint64_t value = burst % size;
            burst /= size;
            return value;
        };
        const std::string name = fields.back();
        fields.pop_back();
        if (name == "channel") place.channel = static_cast<int>(take(c.channels));
        if (name == "rank") place.rank = static_cast<int>(take(c.ranks));
        if (name == "bankgroup") place.group = static_cast<int>(take(c.bank_groups));
        if (name == "bank") place.bank = static_cast<int>(take(c.banks));
        if (name == "row") place.row = take(c.rows);
        if (name == "column") place.column = take(c.columns / c.burst_length);
    }
    return place;
}

struct Waiting {
    std::uint64_t burst = 0;
    ReferencePlace place;
    bool write = false;
    std::vector<std::size_t> readers;  // requests that get its data
};

class ReferenceChannel {
  public:
    ReferenceChannel(const DramDeviceConfig& c, ReferenceResult& result, std::vector<DramCommand>& commands)
        : c_(c), result_(result), commands_(commands) {
        banks_.resize(static_cast<std::size_t>(c.ranks * c.bank_groups * c.banks));
        last_ = banks_.size() - 1;
        refreshes_.resize(c.ranks);
        for (int r = 0; r < c.ranks; ++r) {
            if (t("tREFI") > 0) refreshes_[r].due = (r + 1) * t("tREFI") / c.ranks;
        }
    }

    // (request, clock) of reads that were ordered
    std::vector<std::pair<std::size_t, DramClock>> served;
    bool ended = false;

    bool room(bool write) const {
        return write ? writes_.size() < static_cast<std::size_t>(c_.write_buffer)
                     : reads_.size() < static_cast<std::size_t>(c_.read_queue);
    }
    bool empty() const { return reads_.empty() && writes_.empty() && queued() == 0; }

    void clock(DramClock now) {
        count_active();
        for (Refresh& r : refreshes_)
            if (r.due && *r.due == static_cast<long>(now)) {
                r.pending = true;
                *r.due += t("tREFI");
            }
        if (!issue_refresh(now)) issue(now);
        move();
    }

    void take(DramClock now, std::uint64_t burst, const ReferencePlace& place, bool write,
              std::size_t request) {
        for (Waiting* w : all())
            if (w->burst == burst && w->write) {
                ++(write ? result_.counts.merged : result_.counts.forwarded);
                if (!write) served.emplace_back(request, now + 1);
                return;
            }
        if (!write)
            for (Waiting* w : all())
                if (w->burst == burst) {
                    ++result_.counts.merged;
                    w->readers.push_back(request);
                    return;
                }
        (write ? writes_ : reads_).push_back({burst, place, write, {}});
        if (!write) reads_.back().readers.push_back(request);
    }

    // Notes which ranks have a row open at the beginning of a clock.
    void count_active() {
        for (int r = 0; r < c_.ranks; ++r) {
            bool open = clock_ <= closing_[r];
            for (std::size_t b = 0; b < banks_.size(); ++b)
                open |= rank_of(b) == r && banks_[b].row.has_value();
            active_[r].push_back(open);
        }
        ++clock_;
    }
    // Clocks before `until` in which a rank had a row open.
    void close_books(DramClock until) {
        for (int r = 0; r < c_.ranks; ++r)
            for (DramClock clock = 1; clock <= until && clock < active_[r].size(); ++clock)
                result_.counts.active += active_[r][clock];
    }

  private:
    struct Bank {
        std::optional<std::uint64_t> row;
        long hits = 0;
        bool conflict = false;
        // When commands were issued last; none: never.
        std::optional<long> activated, closing, read, written;
        long closing_takes = 0;
        std::deque<Waiting> queue;
    };
    struct Refresh {
        std::optional<long> due;
        bool pending = false;
        std::optional<long> issued;
        std::deque<long> activates;  // the last four
    };

    long t(const char* name) const { return c_.timing.at(name); }
    long beats() const { return std::max(1L, std::min<long>(c_.burst_length / 2, t("tCCD_S"))); }
    int rank_of(std::size_t bank) const { return static_cast<int>(bank) / (c_.bank_groups * c_.banks); }
    int group_of(std::size_t bank) const { return static_cast<int>(bank) / c_.banks; }
    std::size_t index(const ReferencePlace& p) const {
        return static_cast<std::size_t>((p.rank * c_.bank_groups + p.group) * c_.banks + p.bank);
    }
    std::size_t queued() const {
        std::size_t n = 0;
        for (const Bank& b : banks_) n += b.queue.size();
        return n;
    }
    std::vector<Waiting*> all() {
        std::vector<Waiting*> list;
        for (auto* queue : {&reads_, &writes_})
            for (Waiting& w : *queue) list.push_back(&w);
        for (Bank& b : banks_)
            for (Waiting& w : b.queue) list.push_back(&w);
        return list;
    }

    static bool since(const std::optional<long>& then, long wait, long now) {
        return !then || now >= *then + wait;
    }

    bool may_activate(std::size_t b, long now) const {
        const Bank& bank = banks_[b];
        const Refresh& rank = refreshes_[static_cast<std::size_t>(rank_of(b))];
        if (!since(bank.activated, t("tRC"), now) || !since(bank.closing, bank.closing_takes, now))
            return false;
        if (!since(rank.issued, t("tRFC"), now)) return false;
        if (rank.activates.size() == 4 && now < rank.activates.front() + t("tFAW")) return false;
        for (std::size_t other = 0; other < banks_.size(); ++other) {
            if (other == b || rank_of(other) != rank_of(b)) continue;
            const bool same = group_of(other) == group_of(b);
            const long wait = same ? std::max(t("tRRD_L"), t("tRRD_S")) : t("tRRD_S");
            if (!since(banks_[other].activated, wait, now)) return false;
        }
        return true;
    }
    bool may_precharge(std::size_t b, long now) const {
        const Bank& bank = banks_[b];
        return since(bank.activated, t("tRAS"), now) && since(bank.read, t("tRTP"), now) &&
               since(bank.written, t("WL") + beats() + t("tWR"), now);
    }
    bool may_access(std::size_t b, bool write, long now) const {
        if (!since(banks_[b].activated, t(write ? "tRCDWR" : "tRCDRD"), now)) return false;
        for (std::size_t other = 0; other < banks_.size(); ++other) {
            const bool same_rank = rank_of(other) == rank_of(b), same_group = group_of(other) == group_of(b);
            const long ccd =
                same_group ? std::max({1L, t("tCCD_S"), t("tCCD_L")}) : std::max(1L, t("tCCD_S"));
            const long wtr = same_group ? std::max(t("tWTR_S"), t("tWTR_L")) : t("tWTR_S");
            const long to_write = std::max(1L, t("RL") + beats() + 1 - t("WL"));
            const long to_read =
                same_rank ? t("WL") + beats() + wtr : std::max(1L, t("WL") + beats() + 1 - t("RL"));
            const long again = same_rank ? ccd : beats() + 1;
            if (!since(banks_[other].read, write ? to_write : again, now)) return false;
            if (!since(banks_[other].written, write ? again : to_read, now)) return false;
        }
        return true;
    }

    void close(std::size_t b, long from, long takes) {
        Bank& bank = banks_[b];
        bank.row.reset();
        bank.hits = 0;
        bank.closing = from;
        bank.closing_takes = takes;
        closing_[rank_of(b)] = std::max(closing_[rank_of(b)], from);
    }

    bool issue_refresh(DramClock clock) {
        const long now = static_cast<long>(clock);
        for (int r = 0; r < c_.ranks; ++r) {
            Refresh& refresh = refreshes_[r];
            if (!refresh.pending) continue;
            bool open = false, may_close = true, resting = since(refresh.issued, t("tRFC"), now);
            for (std::size_t b = 0; b < banks_.size(); ++b) {
                if (rank_of(b) != r) continue;
                resting &= since(banks_[b].closing, banks_[b].closing_takes, now);
                if (!banks_[b].row) continue;
                open = true;
                may_close &= may_precharge(b, now);
            }
            if (open && may_close) {
                for (std::size_t b = 0; b < banks_.size(); ++b)
                    if (rank_of(b) == r && banks_[b].row) close(b, now, t("tRPab"));
                commands_.push_back(
                    {clock, DramCommand::Kind::precharge_all, static_cast<std::uint32_t>(r), 0, 0, 0});
                return true;
            }
            if (!open && resting) {
                refresh.pending = false;
                refresh.issued = now;
                ++result_.counts.refreshes;
                commands_.push_back(
                    {clock, DramCommand::Kind::refresh, static_cast<std::uint32_t>(r), 0, 0, 0});
                return true;
            }
        }
        return false;
    }

    // The first bank after the one that issued last which has a command that may be issued.
    void issue(DramClock now) {
        for (std::size_t i = 1; i <= banks_.size(); ++i) {
            const std::size_t b = (last_ + i) % banks_.size();
            if (!refreshes_[rank_of(b)].pending && issue_from(b, now)) {
                last_ = b;
                return;
            }
        }
    }
    bool issue_from(std::size_t b, DramClock clock) {
        Bank& bank = banks_[b];
        const long now = static_cast<long>(clock);
        for (std::size_t i = 0; i < bank.queue.size(); ++i) {
            const Waiting w = bank.queue[i];
            const auto log = [&](DramCommand::Kind kind, std::uint64_t row, std::uint64_t burst) {
                commands_.push_back({clock, kind, static_cast<std::uint32_t>(rank_of(b)),
                                     static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(row), burst});
            };
            if (!bank.row) {
                if (!may_activate(b, now)) return false;
                bank.row = w.place.row;
                bank.activated = now;
                Refresh& rank = refreshes_[rank_of(b)];
                rank.activates.push_back(now);
                if (rank.activates.size() > 4) rank.activates.pop_front();
                ++result_.counts.activates;
                log(DramCommand::Kind::activate, w.place.row, 0);
                return true;
            }
            if (w.place.row == *bank.row) {
                if (!may_access(b, w.write, now)) continue;
                bank.queue.erase(bank.queue.begin() + static_cast<std::ptrdiff_t>(i));
                log(w.write ? DramCommand::Kind::write : DramCommand::Kind::read, w.place.row, w.burst);
                access(b, w, now);
                return true;
            }
            const auto hit = [&](const Waiting& other) { return other.place.row == *bank.row; };
            const bool hits = std::any_of(bank.queue.begin(), bank.queue.end(), hit);
            if (i == 0 && (!hits || bank.hits >= c_.row_hit_cap) && may_precharge(b, now)) {
                log(DramCommand::Kind::precharge, *bank.row, 0);
                bank.conflict = true;
                close(b, now, t("tRP"));
                return true;
            }
        }
        return false;
    }
    void access(std::size_t b, const Waiting& w, long now) {
        Bank& bank = banks_[b];
        (w.write ? bank.written : bank.read) = now;
        ++(w.write ? result_.counts.writes : result_.counts.reads);
        if (bank.hits > 0)
            ++result_.counts.row_hits;
        else
            ++(bank.conflict ? result_.counts.row_conflicts : result_.counts.row_misses);
        ++bank.hits;
        bank.conflict = false;
        const auto end = static_cast<DramClock>(now + (w.write ? t("WL") : t("RL")) + beats());
        result_.clocks = std::max(result_.clocks, end);
        for (const std::size_t request : w.readers) served.emplace_back(request, end);
        if (c_.open_page) return;
        long from =
            std::max(*bank.activated + t("tRAS"), now + (w.write ? t("WL") + beats() + t("tWR") : t("tRTP")));
        close(b, from, t("tRP"));
    }

    void move() {
        const bool full = writes_.size() >= static_cast<std::size_t>(c_.write_buffer);
        const bool idle = writes_.size() > 8 && queued() == 0;
        const bool rest = ended && !writes_.empty() && reads_.empty();
        if (draining_ == 0 && (full || idle || rest)) draining_ = writes_.size();
        if (draining_ > 0) {
            for (std::size_t i = 0; i < writes_.size(); ++i) {
                auto& queue = banks_[index(writes_[i].place)].queue;
                if (queue.size() >= static_cast<std::size_t>(c_.bank_queue)) continue;
                bool read_waits = false;
                for (const Waiting* w : all()) read_waits |= !w->write && w->burst == writes_[i].burst;
                if (read_waits) {
                    draining_ = 0;
                    break;
                }
                queue.push_back(writes_[i]);
                writes_.erase(writes_.begin() + static_cast<std::ptrdiff_t>(i));
                --draining_;
                return;
            }
            if (draining_ > 0) return;
        }
        for (std::size_t i = 0; i < reads_.size(); ++i) {
            auto& queue = banks_[index(reads_[i].place)].queue;
            if (queue.size() >= static_cast<std::size_t>(c_.bank_queue)) continue;
            queue.push_back(reads_[i]);
            reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(i));
            return;
        }
    }

  private:
    DramDeviceConfig c_;
    ReferenceResult& result_;
    std::vector<DramCommand>& commands_;
    std::vector<Bank> banks_;
    std::vector<Refresh> refreshes_;
    std::map<int, long> closing_;
    std::map<int, std::vector<bool>> active_;  // as found at the beginning of every clock
    long clock_ = 0;
    std::deque<Waiting> reads_, writes_;
    std::size_t draining_ = 0;
    std::size_t last_ = 0;  // the bank that issued last
};

// A stream of requests through it.
ReferenceResult reference_dram(const DramDeviceConfig& config, const std::vector<DramRequest>& requests);

}  // namespace octet::testing
