#include "sim/sweep/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "sim/sweep/subprocess.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* store_name = "store.sqlite";

// One word for a shell.
std::string shell_word(std::string_view text) {
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

// The script writes its log itself: what Slurm makes of the characters of a path is another matter.
std::string head(const SlurmSweep& sweep, const char* what, const std::string& log) {
    return fmt::format(
        "#!/bin/bash\n# {} of a sweep; written by octet {}, which submits it.\nset -euo pipefail\n"
        "exec >>{} 2>&1\ncd -- {}\n",
        what, OCTET_VERSION, log, shell_word(sweep.working.string()));
}

std::string sweep_words(const SlurmSweep& sweep) {
    std::string words = fmt::format("{} sweep run {}", shell_word(sweep.program), shell_word(sweep.file));
    for (const std::string& option : sweep.options) words += " " + shell_word(option);
    return words;
}

fs::path jobs_file(const fs::path& folder) {
    return folder / "slurm" / "jobs.json";
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) throw SlurmError(fmt::format("cannot write {}", path.string()));
}

ProgramEnd slurm(const std::vector<std::string>& words) {
    try {
        return run_program(words);
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::no_such_file_or_directory)
            throw SlurmError(
                fmt::format("there is no {} on the PATH: --launcher slurm needs Slurm's commands", words[0]));
        throw SlurmError(fmt::format("cannot start {}", error.what()));
    }
}

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

// The number of the job.
std::string sbatch(const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"sbatch", "--parsable"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const ProgramEnd end = slurm(words);
    if (end.code != 0)
        throw SlurmError(
            fmt::format("sbatch submits nothing (exit code {}): {}", end.code, trimmed(end.err)));
    const std::string number = trimmed(end.out.substr(0, end.out.find(';')));  // "12;cluster" with several
    if (number.empty() || number.find_first_not_of("0123456789") != number.npos)
        throw SlurmError(fmt::format("sbatch gives no number of a job: {}", trimmed(end.out)));
    return number;
}

// What is asked of sbatch for either job. What Slurm itself has to say of it goes to the log too, unless it
// would take the folder's name for a pattern.
std::vector<std::string> common(const SlurmSweep& sweep, const SlurmOptions& options, const char* name,
                                const char* log) {
    const std::string folder = (sweep.folder / "slurm").string();
    const bool plain = folder.find_first_of("%\\") == folder.npos;
    std::vector<std::string> words{fmt::format("--job-name=octet-{}", name),
                                   "--output=" + (plain ? folder + "/" + log : "/dev/null"),
                                   "--open-mode=append", "--requeue"};
    if (!options.partition.empty()) words.push_back("--partition=" + options.partition);
    if (!options.time.empty()) words.push_back("--time=" + options.time);
    return words;
}

bool is_array(const std::string& argument) {
    return argument.starts_with("--array") || argument.starts_with("-a");
}

}  // namespace

std::string shards_script(const SlurmSweep& sweep, const SlurmOptions& options) {
    const std::string jobs =
        options.jobs > 0 ? fmt::format("{}", options.jobs) : std::string("\"${SLURM_CPUS_PER_TASK:-1}\"");
    return head(sweep, "One shard",
                shell_word((sweep.folder / "slurm/shard-").string()) + "\"$SLURM_ARRAY_TASK_ID\".log") +
           fmt::format(
               "exec {} --out {}/\"$SLURM_ARRAY_TASK_ID\" --shard "
               "\"$SLURM_ARRAY_TASK_ID\"/{} --known {} -j {}\n",
               sweep_words(sweep), shell_word((sweep.folder / "shards").string()), options.shards,
               shell_word(sweep.folder.string()), jobs);
}

std::string merge_script(const SlurmSweep& sweep) {
    const std::string folder = shell_word(sweep.folder.string());
    return head(sweep, "The merging", shell_word((sweep.folder / "slurm/merge.log").string())) +
           "shopt -s nullglob\n" + fmt::format("stores=({}/shards/*/{})\nstatus=0\n", folder, store_name) +
           fmt::format(
               "if ((${{#stores[@]}})); then {} sweep merge \"${{stores[@]}}\" --out {} || status=$?; fi\n",
               shell_word(sweep.program), folder) +
           fmt::format("{} --out {} --no-simulate || status=$?\nexit $status\n", sweep_words(sweep), folder);
}

std::string number_ranges(const std::vector<std::uint64_t>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[i]);
        if (last > i) text += fmt::format("-{}", numbers[last]);
        i = last + 1;
    }
    return text;
}

std::vector<fs::path> shard_stores(const fs::path& folder) {
    std::vector<std::pair<std::uint64_t, fs::path>> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder / "shards", error)) {
        const std::string name = entry.path().filename().string();
        std::uint64_t number = 0;
        const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (wrong == std::errc{} && end == name.data() + name.size() &&
            fs::exists(entry.path() / store_name, error))
            found.emplace_back(number, entry.path() / store_name);
    }
    std::ranges::sort(found);
    std::vector<fs::path> stores;
    for (auto& [number, path] : found) stores.push_back(std::move(path));
    return stores;
}

void demand_no_jobs(const fs::path& folder) {
    std::ifstream stream(jobs_file(folder));
    if (!stream) return;
    const Json jobs = Json::parse(stream, nullptr, false);
    std::vector<std::string> ours;
    for (const char* key : {"shards", "merge"})
        if (jobs.is_object() && jobs.contains(key) && jobs[key].is_string()) ours.push_back(jobs[key]);
    const ProgramEnd end = slurm({"squeue", "--me", "--noheader", "--format=%F"});
    if (end.code != 0)
        throw SlurmError(fmt::format("squeue cannot tell which jobs there are: {}", trimmed(end.err)));
    std::vector<std::string> left;
    std::istringstream lines(end.out);
    for (std::string line; std::getline(lines, line);) {
        line = trimmed(std::move(line));
        if (std::ranges::find(ours, line) != ours.end() && std::ranges::find(left, line) == left.end())
            left.push_back(line);
    }
    if (left.empty()) return;
    throw SlurmError(fmt::format(
        "this sweep is still at work in {}, job{} {}: wait for it, or end it by `scancel {}`",
        folder.string(), left.size() > 1 ? "s" : "", fmt::join(left, " and "), fmt::join(left, " ")));
}

SlurmJobs submit(const SlurmSweep& sweep, const SlurmOptions& options,
                 const std::vector<std::uint64_t>& shards) {
    for (const char* name : {"shards", "slurm"}) {
        std::error_code error;
        fs::create_directory(sweep.folder / name, error);
        if (error)
            throw SlurmError(
                fmt::format("cannot make {}: {}", (sweep.folder / name).string(), error.message()));
    }
    const fs::path scripts = sweep.folder / "slurm";
    write(scripts / "shards.sh", shards_script(sweep, options));
    write(scripts / "merge.sh", merge_script(sweep));

    auto first = common(sweep, options, "shards", "shard-%a.log");
    first.push_back("--array=" + number_ranges(shards));
    if (options.jobs > 0) first.push_back(fmt::format("--cpus-per-task={}", options.jobs));
    first.insert(first.end(), options.arguments.begin(), options.arguments.end());
    first.push_back((scripts / "shards.sh").string());
    SlurmJobs jobs;
    jobs.shards = sbatch(first);
    const auto record = [&] {
        write(jobs_file(sweep.folder),
              Json{{"schema", 1}, {"shards", jobs.shards}, {"merge", jobs.merge}}.dump() + "\n");
    };
    record();

    auto second = common(sweep, options, "merge", "merge.log");
    for (const std::string& argument : options.arguments)
        if (!is_array(argument)) second.push_back(argument);
    second.push_back("--dependency=afterany:" + jobs.shards);  // of shards that died too: theirs is not lost
    second.push_back((scripts / "merge.sh").string());
    try {
        jobs.merge = sbatch(second);
    } catch (const SlurmError& error) {
        throw SlurmError(
            fmt::format("job {} works on the shards, but the job that merges them is refused; the same "
                        "command merges what there is when it has ended. {}",
                        jobs.shards, error.what()));
    }
    record();
    return jobs;
}

}  // namespace octet
