// A Slurm of one node with two processors on loopback, for one test: munged, slurmctld and slurmd with ports
// and folders of their own, as whatever user runs the test, without systemd or cgroups.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sim/sweep/subprocess.h"

namespace octet::test {

class SlurmCluster {
  public:
    // Started, and its node idle; SLURM_CONF of this process names it. Throws std::runtime_error with the
    // reason and what the daemons said.
    explicit SlurmCluster(const std::filesystem::path& folder);
    // Ends every process that this one has started, and theirs.
    ~SlurmCluster();
    SlurmCluster(const SlurmCluster&) = delete;
    SlurmCluster& operator=(const SlurmCluster&) = delete;

    // Lines that a command of Slurm prints; fails the test if it fails.
    std::vector<std::string> lines(const std::vector<std::string>& words) const;
    // Until the queue is empty; false after so many seconds.
    bool wait_until_idle(double seconds) const;
    // Until sinfo says so of the node.
    bool wait_for_state(const std::string& state, double seconds) const;
    static constexpr const char* node = "node0";

  private:
    void configure();
    static void end_all();
    void start(std::vector<std::string> words, const std::string& log);
    std::string logs() const;

    std::filesystem::path folder_;
};

// Processes whose command line has a word with this end, but not those that another such one has started.
std::vector<pid_t> processes_with(const std::string& word_end);

}  // namespace octet::test
