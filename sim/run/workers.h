// Work in processes of its own: the SystemC kernel belongs to the process, so each can simulate once.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace octet {

struct WorkerResult {
    bool done = false;
    std::string text;  // what the work returned; else why there is nothing: what it threw, or how it died
};

// Told of each piece of work that has ended, by its index.
using WorkEnded = std::function<void(std::size_t, const WorkerResult&)>;

// Calls work(0) ... work(count - 1), each in a fork of this process, `parallel` of them at a time, and gives
// the results in that order; `ended` is called in this process. To be called before this process has started
// the kernel or a thread. Throws std::runtime_error if the system gives no processes.
std::vector<WorkerResult> in_workers(std::size_t count, std::size_t parallel,
                                     const std::function<std::string(std::size_t)>& work,
                                     const WorkEnded& ended = {});

}  // namespace octet
