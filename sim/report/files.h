// Result files on disk, whole or not at all.
#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/run/result.h"

namespace octet {

// A file or folder could not be written. what() names it and the reason.
class OutputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct OutputFile {
    std::string name;
    std::string content;
};

// Makes `folder` if it is not there (its parent must be) and writes the files into it: all under temporary
// names first, then renamed in the order given. A failure leaves no temporary file and no new folder behind.
// Throws OutputError.
void write_files(const std::filesystem::path& folder, const std::vector<OutputFile>& files);

// One file, as StreamedFile does it.
void write_file(const std::filesystem::path& path, const std::string& content);

// `text` to the file `path`, or behind `out` if there is none. 0, the exit code of a verb that has done its
// work.
int deliver(const std::string& text, const std::string& path, std::string& out);

// run.log, summary.txt, histogram.csv if there are histograms, `more` and, last, result.json: a folder with a
// result.json is complete.
void write_results(const std::filesystem::path& folder, const Result& result, std::string_view log,
                   const std::vector<OutputFile>& more = {});

}  // namespace octet
