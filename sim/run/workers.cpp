#include "sim/run/workers.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>

namespace octet {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

// The child's end: everything it has to say, then exit code 0 (done) or 1 (failed).
[[noreturn]] void serve(int out, const std::function<std::string()>& work) {
    std::string text;
    int code = 0;
    try {
        text = work();
    } catch (const std::bad_alloc&) {
        text = "out of memory";
        code = 1;
    } catch (const std::exception& error) {
        text = error.what();
        code = 1;
    } catch (...) {
        text = "an unknown error";
        code = 1;
    }
    for (std::string_view left = text; !left.empty();) {
        const ssize_t written = write(out, left.data(), left.size());
        if (written < 0 && errno != EINTR) _exit(2);
        if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    }
    _exit(code);  // nothing of the parent's is flushed or destroyed twice
}

void limit_memory(std::uint64_t bytes) {
    if (bytes == 0) return;
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
}

}  // namespace

WorkerPool::~WorkerPool() {
    for (Worker& worker : workers_) {
        kill(worker.process, SIGKILL);
        finish(worker);
    }
}

void WorkerPool::start(std::size_t id, const std::function<std::string()>& work) {
    int ends[2];
    if (pipe(ends) != 0) fail("no pipe for a worker");
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process < 0) {
        close(ends[0]);
        close(ends[1]);
        fail("no process for a worker");
    }
    if (process == 0) {
        close(ends[0]);
        for (const Worker& other : workers_) close(other.out);
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // no work for a parent that is gone
        if (getppid() != parent) _exit(2);
        std::signal(SIGINT, SIG_IGN);  // what the parent makes of Ctrl-C, it tells its workers
        limit_memory(limits_.memory_bytes);
        serve(ends[1], work);
    }
    close(ends[1]);
    workers_.push_back({id, process, ends[0], std::chrono::steady_clock::now(), false, {}});
}

int WorkerPool::milliseconds_left() const {
    if (limits_.seconds <= 0) return -1;
    const auto now = std::chrono::steady_clock::now();
    double least = limits_.seconds;
    for (const Worker& worker : workers_)
        if (!worker.too_long)
            least =
                std::min(least, limits_.seconds - std::chrono::duration<double>(now - worker.begin).count());
    return std::max(1, static_cast<int>(std::min(least, 1e6) * 1e3) + 1);
}

void WorkerPool::stop_late_ones() {
    if (limits_.seconds <= 0) return;
    const auto now = std::chrono::steady_clock::now();
    for (Worker& worker : workers_) {
        if (worker.too_long || std::chrono::duration<double>(now - worker.begin).count() < limits_.seconds)
            continue;
        worker.too_long = true;
        kill(worker.process, SIGKILL);
    }
}

WorkerResult WorkerPool::finish(Worker& worker) const {
    close(worker.out);
    int status = 0;
    while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    WorkerResult result{WIFEXITED(status) && WEXITSTATUS(status) == 0, std::move(worker.text)};
    if (worker.too_long)
        result.text = fmt::format("it took longer than {} s", limits_.seconds);
    else if (WIFSIGNALED(status))
        result.text = fmt::format("its process was ended by signal {} ({})", WTERMSIG(status),
                                  strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) > 1)
        result.text = "its process could not tell its result";
    return result;
}

std::optional<WorkerPool::Ended> WorkerPool::wait() {
    while (!workers_.empty()) {
        std::vector<pollfd> waiting;
        for (const Worker& worker : workers_) waiting.push_back({worker.out, POLLIN, 0});
        if (poll(waiting.data(), waiting.size(), milliseconds_left()) < 0) {
            if (errno == EINTR) return std::nullopt;
            fail("cannot wait for a worker");
        }
        stop_late_ones();
        for (std::size_t i = waiting.size(); i-- > 0;) {
            if (waiting[i].revents == 0) continue;
            char text[65536];
            const ssize_t got = read(workers_[i].out, text, sizeof text);
            if (got < 0 && errno == EINTR) continue;
            if (got > 0) {
                workers_[i].text.append(text, static_cast<std::size_t>(got));
                continue;
            }
            Worker worker = std::move(workers_[i]);
            workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
            return Ended{worker.id, finish(worker)};
        }
    }
    return std::nullopt;
}

std::vector<WorkerResult> in_workers(std::size_t count, std::size_t parallel,
                                     const std::function<std::string(std::size_t)>& work,
                                     const WorkEnded& ended) {
    std::vector<WorkerResult> results(count);
    WorkerPool pool;
    for (std::size_t next = 0; next < count || pool.running() > 0;) {
        for (; next < count && pool.running() < parallel; ++next)
            pool.start(next, [&, next] { return work(next); });
        auto done = pool.wait();
        if (!done) continue;
        results[done->id] = std::move(done->result);
        if (ended) ended(done->id, results[done->id]);
    }
    return results;
}

}  // namespace octet
