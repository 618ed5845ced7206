// How far each engine has come: the completion cycle of every command whose course is known.
//
// An engine publishes the completion when it starts the command, always for a later cycle. Whoever needs it
// reads the cycle here, and waits for an event only if the command has not started yet.
#pragma once
#include <array>
#include <deque>
#include <optional>
#include <systemc>

#include "models/accelerator/command.h"

namespace octet {

class Scoreboard {
  public:
    // The next command of `engine` completes in cycle `at`.
    void publish(Engine engine, Cycle at);
    // The cycle from which `needs` hold, if all of them have been published.
    std::optional<Cycle> when(const Needs& needs) const;
    // In a thread: the same, waiting for publications.
    Cycle await(const Needs& needs);
    std::uint32_t published(Engine engine) const { return lanes_[static_cast<std::size_t>(engine)].count(); }

  private:
    struct Lane {
        std::uint32_t past = 0;     // commands that completed before now
        std::deque<Cycle> pending;  // completion of those after them, in order
        sc_core::sc_event changed;
        std::uint32_t count() const { return past + static_cast<std::uint32_t>(pending.size()); }
    };
    std::array<Lane, engine_count> lanes_;
};

}  // namespace octet
