#include "sim/sweep/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

extern char** environ;

namespace octet {
namespace {

void demand(int error, const std::string& what) {
    if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

class Pipe {
  public:
    Pipe() { demand(pipe2(ends_.data(), O_CLOEXEC) == 0 ? 0 : errno, "no pipe"); }
    ~Pipe() {
        for (const int end : ends_)
            if (end >= 0) close(end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    int out() const { return ends_[0]; }
    int in() const { return ends_[1]; }
    void close_in() {
        close(ends_[1]);
        ends_[1] = -1;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

// What is read of a file and of one to come, until both have ended.
void drain(std::array<int, 2> files, std::array<std::string*, 2> texts) {
    for (int open = 2; open > 0;) {
        pollfd waiting[2] = {{files[0], POLLIN, 0}, {files[1], POLLIN, 0}};  // negative ones are passed over
        if (poll(waiting, 2, -1) < 0) {
            if (errno == EINTR) continue;
            demand(errno, "cannot wait");
        }
        for (std::size_t i = 0; i < 2; ++i) {
            if (files[i] < 0 || waiting[i].revents == 0) continue;
            char bytes[4096];
            const ssize_t got = read(files[i], bytes, sizeof bytes);
            if (got > 0) texts[i]->append(bytes, static_cast<std::size_t>(got));
            if (got > 0 || (got < 0 && errno == EINTR)) continue;
            files[i] = -1;
            --open;
        }
    }
}

}  // namespace

ProgramEnd run_program(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);

    Pipe out, err;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.in(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.in(), STDERR_FILENO);
    // Signals that this program ignores are not ignored by another one.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t process = 0;
    const int error = posix_spawnp(&process, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    demand(error, words[0]);

    out.close_in();
    err.close_in();
    ProgramEnd end;
    drain({out.out(), err.out()}, {&end.out, &end.err});
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    end.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return end;
}

}  // namespace octet
