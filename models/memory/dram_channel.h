// One channel of a DRAM with its controller (docs/hardware/dram.md). Plain C++, in its own clock.
//
// Timing: in every clock, in this order: one command is issued; one burst moves from the read queue or the
// write buffer to the queue of its bank; bursts are taken. The caller steps from `next()` to `next()`:
// between these clocks nothing happens, so that skipping them changes nothing.
#pragma once
#include <array>
#include <vector>

#include "models/memory/dram_banks.h"
#include "models/memory/dram_mapping.h"

namespace octet {

struct DramQueues {
    std::uint32_t reads = 32, writes = 32, bank = 8;
    bool open_page = true;
    std::uint32_t row_hit_cap = 4;
    explicit DramQueues(const DramDeviceConfig& config)
        : reads(static_cast<std::uint32_t>(config.read_queue)),
          writes(static_cast<std::uint32_t>(config.write_buffer)),
          bank(static_cast<std::uint32_t>(config.bank_queue)),
          open_page(config.open_page),
          row_hit_cap(static_cast<std::uint32_t>(config.row_hit_cap)) {}
};

// As it stands on the command bus. precharge_all and refresh have no bank and no row; `burst` is that of
// column commands.
struct DramCommand {
    enum class Kind : std::uint8_t { activate, precharge, precharge_all, read, write, refresh };
    DramClock at = 0;
    Kind kind = Kind::activate;
    std::uint32_t rank = 0, bank = 0, row = 0;
    std::uint64_t burst = 0;
    friend bool operator==(const DramCommand&, const DramCommand&) = default;
};

struct DramCounts {
    std::uint64_t reads = 0, writes = 0;      // column commands
    std::uint64_t forwarded = 0, merged = 0;  // bursts that needed none: another one served them
    std::uint64_t row_hits = 0;       // column commands to a row that had served one since its activate
    std::uint64_t row_misses = 0;     // the others, of a bank that was closed
    std::uint64_t row_conflicts = 0;  // and of one whose other row had to be closed first
    std::uint64_t activates = 0, refreshes = 0;
    DramClock active = 0;  // clocks in which a rank had a row open, summed over ranks
    DramCounts& operator+=(const DramCounts& other);
    friend bool operator==(const DramCounts&, const DramCounts&) = default;
};

class DramChannel {
  public:
    static constexpr std::uint32_t no_tag = ~std::uint32_t{0};
    struct Done {  // reads of one tag whose data has been ordered
        std::uint32_t tag = 0;
        std::uint32_t bursts = 1;
        DramClock from = 0, at = 0;  // their beats, without a gap; none if a posted write has answered it
    };
    struct Beats {  // the data bus moves data in clocks [from, to)
        DramClock from = 0, to = 0;
    };

    DramChannel(const DramPart& part, const DramQueues& queues);

    // The first clock in which something will happen if nothing is taken before.
    DramClock next() const { return next_; }
    // Nothing will be taken before `until`: the refreshes of a channel at rest until then are counted at
    // once.
    void rest_until(DramClock until) {
        if (empty() && until != dram_never && until > due_ && until - due_ > 2 * part_.refresh_interval)
            rest(until);
    }
    void step(DramClock now) { reads_flow_ ? step_flow(now) : step_any(now); }
    // Steps from next(), which is before `until`, to the last clock before it in which something happens, or
    // to the one in which the last read is issued. Nothing may be taken meanwhile. Returns that clock.
    DramClock run(DramClock until) {
        DramClock now;
        do {
            if (flows_alone())
                now = flow(until);
            else
                step(now = next_);
        } while (next_ < until && has_reads());
        return now;
    }

    // In clock `now`, after step(now) if that was due.
    bool has_room(bool write) const { return waiting_[write] < room_[write]; }
    void take(DramClock now, const DramPlace& place, std::uint64_t burst, bool write, std::uint32_t tag);
    // Whether a read may be taken now for a clock to come, in which it would be taken otherwise, if nothing
    // is taken between.
    bool takes_ahead(std::uint64_t burst) const { return has_room(false) && pending_[slot_of(burst)] == 0; }
    // Takes so a first burst and those that follow it in its row, one a clock, up to `most`. How many.
    std::uint32_t take_ahead(DramClock now, const DramPlace& place, std::uint64_t burst, std::uint32_t most,
                             std::uint32_t tag);
    // No burst will follow: what is posted drains.
    void last(DramClock now);

    // Reads since the list was cleared last; the caller clears it. Reads without a tag are left out.
    std::vector<Done>& done() { return done_; }
    // What the data bus did, in order, as far as it is known; the caller clears it. With `all`, up to the
    // last beat ordered, else up to a pause before it.
    std::vector<Beats>& bus(bool all = false) {
        if (all) end_beats();
        return beats_;
    }
    // From now on: for each activate the tag of the burst that asked for it; the caller clears the list.
    void watch() { watched_ = true; }
    std::vector<std::uint32_t>& activated_for() { return activated_for_; }
    // Whether every burst taken so far has been ordered.
    bool empty() const { return commands_ + waiting_[0] + waiting_[1] == 0; }
    // The end of the last beat ordered so far.
    DramClock last_beat() const { return last_beat_; }
    // What happened before clock `until`, the present or a later one.
    DramCounts counts(DramClock until) const;

    // From now on commands are also written here.
    void log(std::vector<DramCommand>* commands) {
        log_ = commands;
        reads_flow_ = false;
    }

  private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    struct alignas(64) Burst {
        std::uint64_t burst = 0;
        DramClock from = 0;  // it can move; of two bursts the one that was taken later has the later clock
        std::uint32_t row = 0, tag = no_tag;
        std::uint32_t next = none;    // in the list it stands in
        std::uint32_t merged = none;  // reads of the same address that it serves, a list
        bool write = false;
    };
    struct List {
        std::uint32_t head = none, tail = none;
    };
    struct alignas(64) Queue {                    // of a bank
        List queue;                               // its commands
        std::array<List, 2> waiting;              // what waits for it in the read queue, in the write buffer
        std::uint32_t queued = 0;                 // commands in its queue
        std::array<std::uint32_t, 2> row_hits{};  // of them, reads and writes of the open row
        std::uint32_t hits = 0;                   // column commands since the activate
        bool conflict = false;                    // the last precharge made way for another row
    };
    struct Plan {  // the next command
        DramClock at = dram_never;
        enum class What : std::uint8_t { bank, due, refresh } what = What::bank;
        std::uint32_t index = 0;  // of the bank, of the rank
    };

    static std::uint32_t slot_of(std::uint64_t burst) {
        return static_cast<std::uint32_t>(burst * 0x9e3779b97f4a7c15U >> 54U);
    }
    static constexpr std::uint64_t bit(std::uint32_t bank) { return std::uint64_t{1} << bank; }
    std::uint32_t find(std::uint32_t index, std::uint64_t burst, bool write) const;
    std::uint32_t allocate() {
        if (free_ == none) {
            pool_.emplace_back();
            return static_cast<std::uint32_t>(pool_.size() - 1);
        }
        const std::uint32_t index = free_;
        free_ = pool_[index].next;
        return index;
    }
    void append(List& list, std::uint32_t index) {
        pool_[index].next = none;
        (list.head == none ? list.head : pool_[list.tail].next) = index;
        list.tail = index;
    }

    bool may_precharge(std::uint32_t bank) const;
    bool head_hits(std::uint32_t bank) const {
        return pool_[queues_[bank].queue.head].row == banks_.open_row(bank);
    }
    template <bool flow>
    DramClock ready(std::uint32_t bank) const;
    template <bool flow>
    void plan(DramClock from);
    void plan_too(DramClock from, std::uint32_t bank);
    void become_due(DramClock now);
    void rest(DramClock until);

    void issue(DramClock now);
    void issue_refresh(DramClock now, std::uint32_t rank);
    void activate(DramClock now, std::uint32_t bank, std::uint32_t row);
    void forget_row(std::uint32_t bank);
    template <bool flow>
    void column(DramClock now, std::uint32_t bank, std::uint32_t before, std::uint32_t command);
    bool do_reads_flow() const;
    // Whether the reads that flow, and all that can move meanwhile, are of one bank.
    bool flows_alone() const {
        return reads_flow_ && active_ != 0 && ((active_ - 1) & active_) == 0 &&
               (movable_[0] & ~active_) == 0 && next_ < due_ &&
               (!may_drain() || (commands_ > 1 && waiting_[1] < room_[1] && !last_));
    }
    DramClock flow(DramClock until);
    bool has_reads() const { return commands_ - write_commands_ + waiting_[0] > 0; }
    void step_any(DramClock now);
    void step_flow(DramClock now);
    void complete(std::uint32_t index, DramClock at);

    void end_beats() {
        if (bus_.to > bus_.from) beats_.push_back(bus_);
        bus_.from = bus_.to;
    }

    bool starts_draining() const {
        return waiting_[1] > 0 && (waiting_[1] >= room_[1] || (waiting_[1] > 8 && commands_ == 0) ||
                                   (last_ && waiting_[0] == 0));
    }
    // Whether draining can begin at all as things stand.
    bool may_drain() const { return waiting_[1] > calm_ || (last_ && waiting_[1] > 0); }
    bool wants_move() const { return movable_[draining_ > 0 || starts_draining()] != 0; }
    DramClock next_move(DramClock now) const;
    std::uint32_t move(DramClock now);
    std::uint32_t oldest_movable(bool write) const;
    bool enqueue(std::uint32_t bank, bool write);
    void set_movable(std::uint32_t bank, bool write) {
        const Queue& queue = queues_[bank];
        const std::uint64_t movable = queue.waiting[write].head != none && queue.queued < bank_room_;
        movable_[write] = (movable_[write] & ~bit(bank)) | movable << bank;
    }
    void record(DramClock at, DramCommand::Kind kind, std::uint32_t rank, std::uint32_t bank,
                std::uint32_t row, std::uint64_t burst = 0) {
        if (log_ != nullptr) log_->push_back({at, kind, rank, bank, row, burst});
    }

    DramPart part_;
    std::array<std::uint32_t, 2> room_;  // of the read queue, of the write buffer
    std::uint32_t bank_room_, row_hit_cap_;
    std::uint32_t calm_;  // so many writes may wait without draining
    bool open_page_;
    std::uint32_t bank_count_;
    DramBanks banks_;
    std::array<Queue, DramBanks::most> queues_;
    std::array<DramClock, DramBanks::most> refresh_due_{};  // of the ranks
    std::vector<Burst> pool_;
    std::uint32_t free_ = none;
    static constexpr std::uint32_t pending_slots = 1U << 10U;  // slot_of() has as many values
    static constexpr std::uint32_t one_write = 1U << 16U;
    std::array<std::uint32_t, pending_slots>
        pending_{};  // reads, and writes << 16, not yet issued, by address

    // Sets of banks, a bit each.
    std::uint64_t active_ = 0;                // with commands in their queues
    std::uint64_t blocked_ = 0;               // of ranks that are to be refreshed
    std::array<std::uint64_t, 2> movable_{};  // with room for what waits for them in queue or buffer

    std::array<std::uint32_t, 2> waiting_{};  // in the read queue, in the write buffer
    std::uint32_t commands_ = 0;              // in all bank queues
    std::uint32_t write_commands_ = 0;        // of them, writes
    std::uint32_t draining_ = 0;              // writes that move before reads do
    bool last_ = false;
    bool reads_flow_ = false;  // see do_reads_flow()
    std::uint32_t turn_ = 0;   // the bank after the one that issued last
    DramClock due_ = dram_never, next_ = dram_never, last_beat_ = 0;
    Plan plan_;
    DramCounts counts_;
    std::vector<Done> done_;
    Beats bus_;
    std::vector<Beats> beats_;
    bool watched_ = false;
    std::vector<std::uint32_t> activated_for_;
    std::vector<DramCommand>* log_ = nullptr;
};

}  // namespace octet
