// Work in processes of its own: the SystemC kernel belongs to the process, so each can simulate once.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace octet {

struct WorkerResult {
    bool done = false;
    std::string text;  // what the work returned; else why there is nothing: what it threw, or how it died
};

// What a worker may use; 0: without limit.
struct WorkerLimits {
    double seconds = 0;              // wall time
    std::uint64_t memory_bytes = 0;  // address space
};

// Pieces of work in forks of this process, as they are asked for. To be used before this process has started
// the kernel or a thread. Workers die with the pool, and with this process.
class WorkerPool {
  public:
    explicit WorkerPool(WorkerLimits limits = {}) : limits_(limits) {}
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    std::size_t running() const { return workers_.size(); }
    // `work` in a new worker. `id` names it in results. Throws std::runtime_error if the system gives no
    // process.
    void start(std::size_t id, const std::function<std::string()>& work);
    struct Ended {
        std::size_t id = 0;
        WorkerResult result;
    };
    // The next worker to end; nothing if none runs, or if a signal came meanwhile.
    std::optional<Ended> wait();

  private:
    struct Worker {
        std::size_t id = 0;
        int process = -1, out = -1;
        std::chrono::steady_clock::time_point begin;
        bool too_long = false;
        std::string text;
    };
    int milliseconds_left() const;
    void stop_late_ones();
    WorkerResult finish(Worker& worker) const;

    WorkerLimits limits_;
    std::vector<Worker> workers_;
};

// Told of each piece of work that has ended, by its index.
using WorkEnded = std::function<void(std::size_t, const WorkerResult&)>;

// Calls work(0) ... work(count - 1), `parallel` of them at a time in a pool, and gives the results in that
// order; `ended` is called in this process.
std::vector<WorkerResult> in_workers(std::size_t count, std::size_t parallel,
                                     const std::function<std::string(std::size_t)>& work,
                                     const WorkEnded& ended = {});

}  // namespace octet
