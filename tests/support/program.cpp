#include "tests/support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace octet::test {
namespace {

struct Scratch {
    std::string path;
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "octet-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
        path = name;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

void redirect(int fd, const std::string& path) {
    const int flags = fd == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
    const int file = open(path.c_str(), flags, 0600);
    if (file < 0 || dup2(file, fd) < 0) _exit(126);
    close(file);
}

[[noreturn]] void become(std::vector<std::string> arguments, const RunOptions& options, const std::string& in,
                         const std::string& out, const std::string& err) {
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
    for (const auto& variable : options.environment)
        if (putenv(::strdup(variable.c_str())) != 0) _exit(126);
    redirect(STDIN_FILENO, in);
    redirect(STDERR_FILENO, err);
    if (options.stdout_path == "closed")
        close(STDOUT_FILENO);
    else
        redirect(STDOUT_FILENO, options.stdout_path.empty() ? out : options.stdout_path);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
}

}  // namespace

std::string scratch_folder() {
    static const Scratch scratch;
    return scratch.path;
}

std::string scratch_file(const std::string& name, const std::string& content) {
    const std::string path = scratch_folder() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

Run run_octet(const std::vector<std::string>& arguments, const RunOptions& options) {
    std::vector<std::string> argv{OCTET_BINARY};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const std::string out = scratch_folder() + "/stdout", err = scratch_folder() + "/stderr";
    const std::string in = scratch_file("stdin", options.input);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) become(argv, options, in, out, err);

    Run run;
    int status = 0;
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(options.timeout_seconds);
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > end) {
            run.timed_out = true;
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (WIFEXITED(status)) run.exit = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
    if (options.stdout_path.empty()) run.out = read_file(out);
    run.err = read_file(err);
    return run;
}

std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

}  // namespace octet::test
