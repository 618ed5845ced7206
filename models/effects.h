// What happens to values, in order of time.
//
// Units work out the course of a command when it starts; its bytes move later. An effect is a function that
// is carried out once the run has come to its cycle. Of effects of one cycle those that deliver values come
// before those that use them, and within each kind those that were entered first.
#pragma once
#include <functional>
#include <queue>
#include <vector>

#include "models/types.h"

namespace octet {

class Effects {
  public:
    enum class Kind : std::uint8_t { deliver, use };

    void at(Cycle cycle, Kind kind, std::function<void()> effect) {
        pending_.push({cycle, next_++, kind, std::move(effect)});
    }
    // Carries out everything up to and including `cycle`, effects that these enter included.
    void settle(Cycle cycle) {
        while (!pending_.empty() && pending_.top().cycle <= cycle) {
            // The queue's order does not look at the function.
            std::function<void()> effect = std::move(const_cast<Entry&>(pending_.top()).effect);
            pending_.pop();
            effect();
        }
    }

  private:
    struct Entry {
        Cycle cycle;
        std::uint64_t number;
        Kind kind;
        std::function<void()> effect;
        bool operator<(const Entry& other) const {  // the largest is carried out first
            if (cycle != other.cycle) return cycle > other.cycle;
            if (kind != other.kind) return kind > other.kind;
            return number > other.number;
        }
    };
    std::priority_queue<Entry> pending_;
    std::uint64_t next_ = 0;
};

}  // namespace octet
