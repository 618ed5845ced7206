// Another program, run to its end.
#pragma once
#include <string>
#include <vector>

namespace octet {

struct ProgramEnd {
    int code = -1;  // its exit code, or 128 + the signal that ended it
    std::string out, err;
};

// The program is looked for on the PATH; it reads nothing. Throws std::system_error if it cannot be started
// (std::errc::no_such_file_or_directory: it is not there).
ProgramEnd run_program(const std::vector<std::string>& words);

}  // namespace octet
