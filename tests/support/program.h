// Runs the octet binary as a user does.
#pragma once
#include <string>
#include <vector>

namespace octet::test {

struct Run {
    int exit = -1;   // exit code, or -1
    int signal = 0;  // the signal that ended it
    bool timed_out = false;
    std::string out, err;
};

struct RunOptions {
    double timeout_seconds = 10;
    std::string stdout_path;               // instead of collecting: a file such as /dev/full, or "closed"
    std::string folder;                    // working directory
    std::vector<std::string> environment;  // NAME=VALUE, added
    std::string input = {};                // on stdin
};

// For work of several seconds, on a machine that is busy.
inline const RunOptions patient{120, {}, {}, {}};

Run run_octet(const std::vector<std::string>& arguments, const RunOptions& options = {});

// A folder of this test process, removed at its end.
std::string scratch_folder();

// Writes a file into scratch_folder() and returns its path.
std::string scratch_file(const std::string& name, const std::string& content);

std::string read_file(const std::string& path);

}  // namespace octet::test
