// One of the controller's four queues: in order, 64 deep.
//
// Timing: a command dispatched in cycle t is here from t + 1 on; one that is taken in cycle t leaves room
// from t + 1 on.
#pragma once
#include <algorithm>
#include <systemc>
#include <vector>

#include "models/accelerator/command.h"
#include "models/clock.h"
#include "models/ledger.h"
#include "models/scoreboard.h"

namespace octet {

class CommandQueue {
  public:
    static constexpr std::size_t depth = 64;
    struct Entry {
        Command command;
        Cycle visible = 0;  // the first cycle in which it can be taken
    };

    CommandQueue() : entries_(depth), room_from_(depth) {}

    // Dispatcher.
    bool full() const { return count_ == depth; }
    Cycle room_from() const {
        return room_from_[(head_ + count_) % depth];
    }  // when the next place became free
    void push(Command& command, Cycle visible) {
        Entry& e = entries_[(head_ + count_) % depth];
        std::swap(e.command, command);
        e.visible = visible;
        if (count_++ == 0) arrived_.notify();
    }
    const sc_core::sc_event& room() const { return room_; }

    // Taker. `head` waits in a thread until there is one.
    bool empty() const { return count_ == 0; }
    const Entry& front() const { return entries_[head_]; }
    Cycle head_from() const { return std::max(front().visible, left_); }  // the head has been it from here on
    const Entry& head() {
        while (count_ == 0) sc_core::wait(arrived_);
        return entries_[head_];
    }
    void pop() {
        room_from_[head_] = left_ = now() + 1;
        head_ = (head_ + 1) % depth;
        if (count_-- == depth) room_.notify();
    }

  private:
    std::vector<Entry> entries_;
    std::vector<Cycle> room_from_;
    std::size_t head_ = 0, count_ = 0;
    Cycle left_ = 0;  // the head before has left
    sc_core::sc_event arrived_, room_;
};

}  // namespace octet
