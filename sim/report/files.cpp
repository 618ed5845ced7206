#include "sim/report/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "sim/report/streamed_file.h"
#include "sim/report/terminal.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

// Removes what it holds unless told to keep it.
class Cleanup {
  public:
    void add(fs::path path) { paths_.push_back(std::move(path)); }
    void keep() { paths_.clear(); }
    ~Cleanup() {
        std::error_code ignored;
        for (auto it = paths_.rbegin(); it != paths_.rend(); ++it) fs::remove(*it, ignored);
    }

  private:
    std::vector<fs::path> paths_;
};

void make_folder(const fs::path& folder, Cleanup& cleanup) {
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (fs::is_directory(status)) return;
    if (fs::exists(status)) throw OutputError(fmt::format("{} is a file, not a folder", folder.string()));
    fs::path parent = fs::absolute(folder).lexically_normal().parent_path();
    if (folder.filename().empty()) parent = parent.parent_path();  // written with a slash at its end
    if (!fs::is_directory(parent, error))
        throw OutputError(fmt::format("{}: cannot make this folder, there is no folder {}", folder.string(),
                                      parent.string()));
    if (!fs::create_directory(folder, error) && error)
        throw OutputError(fmt::format("{}: cannot make this folder: {}", folder.string(), error.message()));
    cleanup.add(folder);
}

void write_through(const fs::path& path, const std::string& content, const fs::path& folder) {
    errno = 0;
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    stream.close();
    if (!stream)
        throw OutputError(fmt::format("cannot write in {}: {}", folder.string(), std::strerror(errno)));
}

}  // namespace

void write_files(const fs::path& folder, const std::vector<OutputFile>& files) {
    Cleanup cleanup;
    make_folder(folder, cleanup);
    const auto temporary = [&](const OutputFile& file) {
        return folder / fmt::format(".{}.{}.part", file.name, getpid());
    };
    for (const OutputFile& file : files) {
        cleanup.add(temporary(file));
        write_through(temporary(file), file.content, folder);
    }
    for (const OutputFile& file : files) {
        std::error_code error;
        fs::rename(temporary(file), folder / file.name, error);
        if (error)
            throw OutputError(
                fmt::format("cannot write {}: {}", (folder / file.name).string(), error.message()));
    }
    cleanup.keep();
}

void write_file(const fs::path& path, const std::string& content) {
    StreamedFile file(path);
    file.write(content);
    file.keep();
}

int deliver(const std::string& text, const std::string& path, std::string& out) {
    if (path.empty())
        out += text;
    else
        write_file(path, text);
    return 0;
}

void write_results(const fs::path& folder, const Result& result, std::string_view log,
                   const std::vector<OutputFile>& more) {
    std::vector<OutputFile> files{{"run.log", std::string(log)}, {"summary.txt", summary(result)}};
    if (!result.histograms.empty()) files.push_back({"histogram.csv", csv_of(result.histograms)});
    files.insert(files.end(), more.begin(), more.end());
    files.push_back({"result.json", to_text(result)});
    write_files(folder, files);
}

}  // namespace octet
