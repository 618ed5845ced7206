// A page in headless Chromium.
#pragma once
#include <string>

namespace octet::test {

struct Page {
    std::string dom;      // as scripts have left it
    std::string console;  // what the browser has to complain about
};
// `file`: a path, with a #fragment if need be.
Page in_browser(const std::string& file);

// A copy of the page with a script of the test at its end, in a block of its own, under the page's own
// policy.
std::string with_script(const std::string& file, const std::string& script);
// What stands between two texts; empty if the first is not there.
std::string between(const std::string& text, const std::string& from, const std::string& to);

// The whole number of an attribute such as data-drawn="3"; -1 if there is none.
int number_after(const std::string& text, const std::string& key);

}  // namespace octet::test
