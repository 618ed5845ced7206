// The write-back FIFO below the array: the results of every pass go through it, on to the accumulation buffer
// or to the vector unit.
//
// Timing: result vectors leave at least `interval` core cycles apart. A FIFO of depth 1 has to be emptied
// before it takes a vector: interval 2; a deeper one passes a vector a cycle.
#pragma once
#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "models/array/result_room.h"

namespace octet {

class WriteBack {
  public:
    explicit WriteBack(Cycle interval) : interval_(interval) {}

    Cycle interval() const { return interval_; }
    bool paces() const { return interval_ > 1; }
    // When the first result of the next pass leaves if it comes in core cycle `first` and finds room.
    Cycle leaves(Cycle first) const { return left_ ? std::max(first, *left_ + interval_) : first; }

    // The next pass: its results come from core cycle `first` on, one a cycle, and find `behind` the FIFO the
    // rooms that are given. Returns from when on each can leave, valid until the next pass.
    std::span<const ResultRoom> rooms(Cycle first, std::uint64_t vectors,
                                      std::span<const ResultRoom> behind) {
        if (!paces()) return behind;
        rooms_.clear();
        Cycle next = leaves(first);  // as far as the FIFO is concerned
        std::uint64_t done = 0;
        const auto flow = [&](std::uint64_t end) {  // at the FIFO's own pace
            if (done >= end) return;
            rooms_.push_back({done, end - done, next, interval_, true});
            next += (end - done) * interval_;
            done = end;
        };
        for (const ResultRoom& room : behind) {
            flow(room.first);
            // Of two lines of different slope one lies above the other from some vector on.
            const bool slower = room.step > interval_;
            std::uint64_t free = room.count;  // vectors that find room as soon as the FIFO gives them
            if (room.at > next)
                free = 0;
            else if (slower)
                free = std::min<std::uint64_t>(free, (next - room.at) / (room.step - interval_) + 1);
            flow(room.first + free);
            if (free == room.count) continue;
            const Cycle step = slower ? room.step : interval_;
            rooms_.push_back({done, room.count - free, room.at + free * room.step, step});
            next = rooms_.back().at + (room.count - free - 1) * step + interval_;
            done = room.first + room.count;
        }
        flow(vectors);
        left_ = next - interval_;
        return rooms_;
    }

  private:
    Cycle interval_;
    std::optional<Cycle> left_;  // the core cycle in which the latest vector leaves
    std::vector<ResultRoom> rooms_;
};

}  // namespace octet
