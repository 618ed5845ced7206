#include "tests/system/browser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <sstream>

#include "tests/support/program.h"

namespace octet::test {

Page in_browser(const std::string& file) {
    const std::string folder = scratch_folder(),
                      command = fmt::format(
                          "timeout -k 5 60 {} --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
                          "--user-data-dir={}/profile --enable-logging=stderr --window-size=1200,900 "
                          "--virtual-time-budget=4000 --dump-dom 'file://{}' >'{}/dom' 2>'{}/console'",
                          CHROMIUM, folder, file, folder, folder);
    EXPECT_EQ(std::system(command.c_str()), 0) << read_file(folder + "/console");
    Page page{read_file(folder + "/dom"), {}};
    std::istringstream lines(read_file(folder + "/console"));
    for (std::string line; std::getline(lines, line);)
        if (line.find("CONSOLE") != std::string::npos) page.console += line + "\n";
    return page;
}

int number_after(const std::string& text, const std::string& key) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(key + "=\"(-?[0-9]+)\"")) ? std::stoi(match[1]) : -1;
}

}  // namespace octet::test
