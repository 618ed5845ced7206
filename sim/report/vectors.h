// Golden vectors for an RTL test bench: text files for $readmemh.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "models/formats/format.h"
#include "models/types.h"
#include "sim/report/files.h"

namespace octet {

// One row of the matrix a line, one value a word of ceil(bits / 4) lower-case hex digits, after a comment
// line that names the content.
OutputFile hex_file(const std::string& name, const std::string& content, std::span<const Code> codes,
                    std::uint64_t columns, int bits);
// The same of cycles, in 16 digits.
OutputFile cycle_file(const std::string& name, const std::string& content, std::span<const Cycle> cycles,
                      std::uint64_t columns);

}  // namespace octet
