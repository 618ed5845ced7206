// A sweep on a Slurm cluster: an array of tasks, each with one shard of the points and a store of its own,
// and a job after them that merges these stores.
//
//   DIR/store.sqlite             all points that were merged so far
//   DIR/shards/I/store.sqlite    those of shard I
//   DIR/slurm/                   shards.sh, merge.sh, their logs, and jobs.json: what was submitted last
//
// A task does what is neither in its own store nor in DIR's, so that one that was killed, requeued or
// submitted again goes on where it was. Files are expected on a file system that all nodes share.
#pragma once
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace octet {

// Slurm is not there, refuses, or is still at work. what() tells which.
class SlurmError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct SlurmOptions {
    std::uint64_t shards = 1;
    std::uint64_t jobs = 0;              // simulations at a time and processors of a task; 0: as Slurm gives
    std::string partition, time;         // empty: Slurm's own
    std::vector<std::string> arguments;  // of sbatch, for both jobs
};

// A sweep as the tasks are to run it. All paths are absolute.
struct SlurmSweep {
    std::string program;               // octet
    std::filesystem::path working;     // the folder that settings may name files in
    std::filesystem::path folder;      // DIR
    std::string file;                  // of kind sweep
    std::vector<std::string> options;  // of `octet sweep run`, without --out, --shard, --known and -j
};

// Job scripts for bash. Each text of the sweep is one word of it, whatever its characters.
std::string shards_script(const SlurmSweep& sweep, const SlurmOptions& options);
std::string merge_script(const SlurmSweep& sweep);

// "1-3,7" of ascending numbers.
std::string number_ranges(const std::vector<std::uint64_t>& numbers);

// Stores of shards in the folder of a sweep, in the order of their numbers.
std::vector<std::filesystem::path> shard_stores(const std::filesystem::path& folder);

struct SlurmJobs {
    std::string shards, merge;  // numbers, as Slurm names them
};

// Throws SlurmError if jobs that were submitted for this folder are still in the queue.
void demand_no_jobs(const std::filesystem::path& folder);

// Writes the scripts and submits both jobs, the first as an array of these shards (from 1). Throws
// SlurmError, OutputError.
SlurmJobs submit(const SlurmSweep& sweep, const SlurmOptions& options,
                 const std::vector<std::uint64_t>& shards);

}  // namespace octet
