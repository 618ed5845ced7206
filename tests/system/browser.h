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

// The whole number of an attribute such as data-drawn="3"; -1 if there is none.
int number_after(const std::string& text, const std::string& key);

}  // namespace octet::test
