// Runs the real program, as a user would.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace octet::test {

struct Outcome {
    int status = -1;  // exit code, or 128 + signal
    std::string out, err;
};

// `octet ARGUMENTS` in `folder`, for at most `seconds`.
Outcome octet(const std::vector<std::string>& arguments,
              const std::filesystem::path& folder = OCTET_SOURCE_DIR, int seconds = 60);

// The document of `octet ARGUMENTS --json`; fails the test if the run does.
nlohmann::json document(std::vector<std::string> arguments);

// A folder that is gone when the test ends.
class Folder {
  public:
    Folder();
    ~Folder();
    const std::filesystem::path& path() const { return path_; }
    // Writes a file and returns its path.
    std::string write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

// A trace of one product and an experiment that runs it on edge16-posit8 with the unit cost table; `settings`
// are pairs for --set.
nlohmann::json run_product(const Folder& folder, std::uint64_t m, std::uint64_t n, std::uint64_t k,
                           const std::vector<std::string>& settings);

}  // namespace octet::test
