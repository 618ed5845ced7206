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

std::string with_script(const std::string& file, const std::string& script) {
    std::string page = read_file(file);
    const std::size_t nonce = page.find("'nonce-") + 7;
    const std::string tag = fmt::format("<script nonce=\"{}\">{{{}}}</script>",
                                        page.substr(nonce, page.find('\'', nonce) - nonce), script);
    page.insert(page.rfind("</body>"), tag);
    return scratch_file("scripted.html", page);
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
    const std::size_t start = text.find(from);
    if (start == std::string::npos) return "";
    const std::size_t begin = start + from.size();
    return text.substr(begin, text.find(to, begin) - begin);
}

int number_after(const std::string& text, const std::string& key) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(key + "=\"(-?[0-9]+)\"")) ? std::stoi(match[1]) : -1;
}

}  // namespace octet::test
