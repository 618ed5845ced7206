#include "tests/system/slurm_cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "tests/support/program.h"

namespace octet::test {
namespace {

namespace fs = std::filesystem;

bool wait_until(double seconds, const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

// Two ports of loopback that are free now.
std::pair<int, int> free_ports() {
    int sockets[2], ports[2];
    for (int i = 0; i < 2; ++i) {
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(sockets[i], reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            getsockname(sockets[i], reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("no free port");
        ports[i] = ntohs(address.sin_port);
    }
    for (const int s : sockets) close(s);
    return {ports[0], ports[1]};
}

std::string find_daemon(const std::string& name) {
    for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"})
        if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
    throw std::runtime_error(name + " is not installed: scripts/packages tests installs what tests need");
}

struct Process {
    pid_t parent = 0;
    std::vector<std::string> words;
};

std::map<pid_t, Process> all_processes() {
    std::map<pid_t, Process> all;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename().string();
        pid_t id = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), id).ptr != name.data() + name.size())
            continue;
        const std::string stat = read_file(entry.path() / "stat");
        const auto after_name = stat.rfind(')');
        if (after_name == stat.npos) continue;
        Process process;
        char state = 0;
        std::istringstream(stat.substr(after_name + 1)) >> state >> process.parent;
        std::istringstream line(read_file(entry.path() / "cmdline"));
        for (std::string word; std::getline(line, word, '\0');) process.words.push_back(word);
        all[id] = std::move(process);
    }
    return all;
}

std::vector<pid_t> descendants() {
    const auto all = all_processes();
    std::vector<pid_t> found{getpid()};
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const auto& [id, process] : all)
            if (process.parent == found[i]) found.push_back(id);
    found.erase(found.begin());
    return found;
}

}  // namespace

SlurmCluster::SlurmCluster(const fs::path& folder) : folder_(folder) {
    fs::remove_all(folder_);
    for (const char* part : {"state", "spool"}) fs::create_directories(folder_ / part);
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // what daemons leave behind comes to this process
    try {
        configure();
        setenv("SLURM_CONF", (folder_ / "slurm.conf").c_str(), 1);
        const auto file = [&](const char* option, const char* name) {
            return std::string(option) + "=" + (folder_ / name).string();
        };
        start({find_daemon("munged"), "--foreground", "--force", file("--socket", "munge.sock"),
               file("--key-file", "munge.key"), file("--pid-file", "munge.pid"),
               file("--seed-file", "munge.seed")},
              "munged.log");
        if (!wait_until(20, [&] { return fs::exists(folder_ / "munge.sock"); }))
            throw std::runtime_error("munged does not start\n" + logs());
        start({find_daemon("slurmctld"), "-D"}, "slurmctld.log");
        start({find_daemon("slurmd"), "-D", "-N", node}, "slurmd.log");
        if (!wait_for_state("idle", 40)) throw std::runtime_error("Slurm does not start\n" + logs());
    } catch (...) {
        end_all();
        throw;
    }
}

SlurmCluster::~SlurmCluster() {
    end_all();
}

void SlurmCluster::end_all() {
    // Those that end leave children to this process: until there are none.
    for (auto left = descendants(); !left.empty(); left = descendants()) {
        for (const pid_t process : left) kill(process, SIGKILL);
        while (waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

void SlurmCluster::configure() {
    std::string key(128, ' ');
    std::random_device random;
    for (char& byte : key) byte = static_cast<char>(random());
    std::ofstream(folder_ / "munge.key", std::ios::binary) << key;
    fs::permissions(folder_ / "munge.key", fs::perms::owner_read | fs::perms::owner_write);
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const std::string name = std::string(host).substr(0, std::string_view(host).find('.'));
    const passwd* user = getpwuid(getuid());
    if (user == nullptr) throw std::runtime_error("this user has no name: Slurm needs one");
    const auto [controller, daemon] = free_ports();
    std::ofstream(folder_ / "slurm.conf") << fmt::format(
        R"(ClusterName=octet
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
KillWait=2
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes={node} Default=YES MaxTime=INFINITE State=UP
)",
        fmt::arg("host", name), fmt::arg("controller", controller), fmt::arg("daemon", daemon),
        fmt::arg("user", user->pw_name), fmt::arg("folder", folder_.string()), fmt::arg("node", node));
}

void SlurmCluster::start(std::vector<std::string> words, const std::string& log) {
    const pid_t test = getpid();
    if (fork() != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // even if the test is killed
    if (getppid() != test) _exit(1);
    const int file = open((folder_ / log).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
}

std::string SlurmCluster::logs() const {
    std::string text;
    for (const char* name : {"munged.log", "slurmctld.log", "slurmd.log"})
        text += fmt::format("{}:\n{}\n", name, read_file(folder_ / name));
    return text;
}

std::vector<std::string> SlurmCluster::lines(const std::vector<std::string>& words) const {
    const ProgramEnd end = run_program(words);
    EXPECT_EQ(end.code, 0) << fmt::format("{}", fmt::join(words, " ")) << '\n' << end.err << logs();
    std::vector<std::string> found;
    std::istringstream text(end.out);
    for (std::string line; std::getline(text, line);) found.push_back(line);
    return found;
}

bool SlurmCluster::wait_until_idle(double seconds) const {
    return wait_until(seconds, [&] { return lines({"squeue", "--noheader"}).empty(); });
}

bool SlurmCluster::wait_for_state(const std::string& state, double seconds) const {
    return wait_until(seconds, [&] {
        const ProgramEnd end = run_program({"sinfo", "--noheader", "--format=%T"});
        return end.code == 0 && end.out == state + "\n";
    });
}

std::vector<pid_t> processes_with(const std::string& word_end) {
    const auto all = all_processes();
    const auto has = [&](const auto& entry) {
        return std::ranges::any_of(entry.second.words,
                                   [&](const auto& word) { return word.ends_with(word_end); });
    };
    std::vector<pid_t> found;
    for (const auto& entry : all)
        if (const auto parent = all.find(entry.second.parent);
            has(entry) && (parent == all.end() || !has(*parent)))
            found.push_back(entry.first);
    return found;
}

}  // namespace octet::test
