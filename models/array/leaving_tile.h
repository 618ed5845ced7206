// The results of a tile on their way out of the array: when each leaves, and why it may have to wait.
#pragma once
#include <algorithm>
#include <vector>

#include "models/array/result_sink.h"

namespace octet {

class LeavingTile {
  public:
    // `due`: the step of the array in which result vector 0 can leave; the others follow one a step.
    // `ends_epilogue`: the sequence number if no tile of it follows, else 0.
    LeavingTile(const ResultHold& hold, const ResultTile& tile, Cycle due, std::uint32_t ends_epilogue)
        : rooms_(hold.rooms.begin(), hold.rooms.end()),
          conflicts_(hold.conflicts),
          late_(hold.late),
          pace_(hold.pace),
          operation_(tile.operation),
          ends_epilogue_(ends_epilogue),
          vectors_(tile.vectors),
          due_(due) {}

    OperationId operation() const { return operation_; }
    std::uint32_t ends_epilogue() const { return ends_epilogue_; }
    Cycle due() const { return due_ + next_; }  // step in which the next vector can leave
    Cycle last_due() const { return due_ + vectors_ - 1; }
    Cycle room() const { return room_of(next_, run_); }  // core cycle from which on it has room
    bool empty() const { return next_ == vectors_; }

    // The next vector has to wait for one core cycle, for the write-back FIFO or for what is behind it. The
    // first one of a run of rooms that waits, waits because of banks, then because of a unit that was busy;
    // all others because of the pace.
    StallCause hold() {
        if (rooms_[run_].write_back) return StallCause::write_port;
        if (waited_ != run_ + 1) {
            waited_ = run_ + 1;
            waiting_ = next_;
        }
        if (waiting_ == next_ && conflicts_ > 0) {
            --conflicts_;
            return StallCause::bank_conflict;
        }
        if (waiting_ == next_ && late_ > 0) {
            --late_;
            return StallCause::vector_unit;
        }
        return pace_;
    }
    void leave() {
        ++next_;
        run_of(next_, run_);
    }

    // Walks over the vectors that leave in a step up to `last`: f(step, room). Returns false at the first
    // that leaves later.
    template <class F>
    bool foresee(Cycle last, F&& f) const {
        std::size_t run = run_;
        for (std::uint64_t v = next_; v < vectors_; ++v) {
            if (due_ + v > last) return false;
            run_of(v, run);
            f(due_ + v, room_of(v, run));
        }
        return true;
    }

  private:
    void run_of(std::uint64_t v, std::size_t& run) const {
        while (run < rooms_.size() && v >= rooms_[run].first + rooms_[run].count) ++run;
    }
    Cycle room_of(std::uint64_t v, std::size_t run) const {
        if (run >= rooms_.size() || v < rooms_[run].first) return 0;
        return rooms_[run].at + (v - rooms_[run].first) * rooms_[run].step;
    }

    std::vector<ResultRoom> rooms_;
    Cycle conflicts_, late_;
    StallCause pace_;
    OperationId operation_;
    std::uint32_t ends_epilogue_;
    std::uint64_t vectors_, next_ = 0;
    Cycle due_;
    std::size_t run_ = 0;        // of the next vector
    std::size_t waited_ = 0;     // 1 + the latest run of which a vector has waited
    std::uint64_t waiting_ = 0;  // the first one of it that did
};

}  // namespace octet
