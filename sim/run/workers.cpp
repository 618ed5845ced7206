#include "sim/run/workers.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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
[[noreturn]] void serve(int out, std::size_t index, const std::function<std::string(std::size_t)>& work) {
    std::string text;
    int code = 0;
    try {
        text = work(index);
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

struct Worker {
    std::size_t index = 0;
    pid_t process = -1;
    int out = -1;
};

Worker start(std::size_t index, const std::function<std::string(std::size_t)>& work) {
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
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // no work for a parent that is gone
        if (getppid() != parent) _exit(2);
        serve(ends[1], index, work);
    }
    close(ends[1]);
    return {index, process, ends[0]};
}

void finish(const Worker& worker, WorkerResult& result) {
    close(worker.out);
    int status = 0;
    while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    result.done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status))
        result.text = fmt::format("its process was ended by signal {} ({})", WTERMSIG(status),
                                  strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) > 1)
        result.text = "its process could not tell its result";
}

// Whatever happens here, no child is left.
class Pool {
  public:
    ~Pool() {
        for (const Worker& worker : workers) {
            kill(worker.process, SIGKILL);
            WorkerResult ignored;
            finish(worker, ignored);
        }
    }
    std::vector<Worker> workers;
};

}  // namespace

std::vector<WorkerResult> in_workers(std::size_t count, std::size_t parallel,
                                     const std::function<std::string(std::size_t)>& work,
                                     const WorkEnded& ended) {
    std::vector<WorkerResult> results(count);
    Pool pool;
    for (std::size_t next = 0; next < count || !pool.workers.empty();) {
        while (next < count && pool.workers.size() < parallel) pool.workers.push_back(start(next++, work));
        std::vector<pollfd> waiting;
        for (const Worker& worker : pool.workers) waiting.push_back({worker.out, POLLIN, 0});
        if (poll(waiting.data(), waiting.size(), -1) < 0) {
            if (errno == EINTR) continue;
            fail("cannot wait for a worker");
        }
        for (std::size_t i = waiting.size(); i-- > 0;) {
            if (waiting[i].revents == 0) continue;
            const Worker worker = pool.workers[i];
            char text[4096];
            const ssize_t got = read(worker.out, text, sizeof text);
            if (got < 0 && errno == EINTR) continue;
            if (got > 0) {
                results[worker.index].text.append(text, static_cast<std::size_t>(got));
                continue;
            }
            pool.workers.erase(pool.workers.begin() + static_cast<std::ptrdiff_t>(i));
            finish(worker, results[worker.index]);
            if (ended) ended(worker.index, results[worker.index]);
        }
    }
    return results;
}

}  // namespace octet
