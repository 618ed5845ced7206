// Where files are looked for.
#pragma once
#include <string>
#include <string_view>

#include "sim/config/location.h"

namespace octet {

// A path as written at `where`: absolute as it is; else relative to the folder of the file that holds it (to
// the working directory if it came from the command line). If nothing is there and the installed share folder
// has it, that one.
std::string resolve_path(std::string_view written, const Location& where);

// A path given as a command-line argument: relative to the working directory, then to the share folder.
std::string resolve_argument(std::string_view written);

// The folder that holds the shipped configs/ and workloads/: $OCTET_HOME, or <folder of the
// program>/../share/octet; empty if neither is there.
std::string share_folder();

}  // namespace octet
