#include "models/accelerator/controller.h"

#include <fmt/format.h>

#include <stdexcept>

namespace octet {
namespace {

bool fits(Engine engine, std::size_t body) {
    switch (engine) {
        case Engine::load:
        case Engine::store:
            return body == 0;
        case Engine::input_fill:
        case Engine::weight_fill:
            return body == 1;
        case Engine::array:
            return body == 2;
        case Engine::vector:
            return body >= 3;
        default:
            return false;
    }
}

}  // namespace

Controller::Controller(const sc_core::sc_module_name& name, CommandSource& program,
                       std::array<CommandQueue, queue_count>& queues, FillEngine& inputs, FillEngine& weights,
                       ArrayUnit& array, Ledger& ledger, Scoreboard& scoreboard)
    : sc_module(name),
      program_(program),
      queues_(queues),
      inputs_(inputs),
      weights_(weights),
      array_(array),
      ledger_(ledger),
      scoreboard_(scoreboard),
      timeline_(ledger.unit(Unit::controller)) {
    fetch();
    SC_METHOD(dispatch);
    for (CommandQueue& queue : queues_) sensitive << queue.room();
    SC_THREAD(issue);
}

void Controller::fetch() {
    has_next_ = program_.next(next_);
    if (!has_next_) return;
    if (!fits(next_.engine, next_.body.index()) || next_.operation >= ledger_.operations())
        throw std::logic_error(fmt::format("command {} of the program is malformed", dispatched_ + 1));
}

// Runs ahead of time as far as there is room now: what will happen in later cycles can only make more room.
void Controller::dispatch() {
    while (has_next_) {
        CommandQueue& queue = queues_[static_cast<std::size_t>(queue_of(next_.engine))];
        if (queue.full()) return;
        const Cycle at = std::max(next_cycle_, queue.room_from());
        timeline_.stall(next_cycle_, at, StallCause::queue_full, next_.operation);
        timeline_.busy(at, at + 1, next_.operation);
        ledger_.count(next_.operation, Action::command, 1);
        ++dispatched_;
        next_cycle_ = at + 1;
        queue.push(next_, at + 1);
        fetch();
    }
}

void Controller::issue() {
    CommandQueue& queue = queues_[static_cast<std::size_t>(Queue::array)];
    for (Cycle next_issue = 0;;) {
        const CommandQueue::Entry& head = queue.head();
        const Command& command = head.command;
        const Cycle turn = std::max(head.visible, next_issue);
        const Cycle ready = std::max(turn, scoreboard_.await(command.needs));
        Cycle at = ready, engine_free = 0;
        StallCause busy_engine = StallCause::dependency;
        if (command.engine == Engine::array) {
            while (!array_.idle()) wait(array_.settled());
            engine_free = array_.free_from();
        } else {
            const bool input = command.engine == Engine::input_fill;
            engine_free = input ? inputs_.free_from() : weights_.free_from();
            busy_engine = input ? StallCause::waiting_for_input : StallCause::waiting_for_weights;
        }
        at = std::max(at, engine_free);
        wait_until(at, Phase::issue);
        at = now();
        ledger_.issued(Queue::array, command, {queue.head_from(), engine_free, ready, at});
        if (array_.idle()) {  // else what it waits for is in its own books
            array_.starved(turn, ready, StallCause::dependency, command.operation);
            if (command.engine != Engine::array) array_.starved(ready, at, busy_engine, command.operation);
        }
        next_issue = at + 1;
        switch (command.engine) {
            case Engine::input_fill:
                inputs_.start(std::get<FillCommand>(command.body), command.operation);
                break;
            case Engine::weight_fill:
                weights_.start(std::get<FillCommand>(command.body), command.operation);
                break;
            default:
                array_.take(std::get<MatmulCommand>(command.body), command.operation);
        }
        queue.pop();
    }
}

bool Controller::drained() const {
    if (has_next_) return false;
    for (const CommandQueue& queue : queues_)
        if (!queue.empty()) return false;
    return array_.idle();
}

std::string Controller::describe() const {
    std::string text;
    for (std::size_t q = 0; q < queue_count; ++q) {
        if (queues_[q].empty()) continue;
        const Command& c = queues_[q].front().command;
        text += fmt::format("\n  queue {}: {} command of operation {}", octet::name(static_cast<Queue>(q)),
                            octet::name(c.engine), c.operation);
        for (std::size_t e = 0; e < engine_count; ++e) {
            const std::uint32_t published = scoreboard_.published(static_cast<Engine>(e));
            if (c.needs.done[e] > published)
                text += fmt::format(", waits for {} commands of {} ({} have started)", c.needs.done[e],
                                    octet::name(static_cast<Engine>(e)), published);
        }
    }
    if (has_next_)
        text += fmt::format("\n  next to be dispatched: {} command of operation {}",
                            octet::name(next_.engine), next_.operation);
    return text;
}

}  // namespace octet
