#include "sim/report/html/shell.h"

#include <fmt/format.h>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace octet {
namespace {

// No `<` closes the element early, no line separator ends a string.
std::string inlined(const nlohmann::ordered_json& data) {
    std::string out;
    for (const char c : data.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace)) {
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    }
    return out;
}

// Scripts run by a nonce that follows from the page: nothing that a name could bring with it knows it.
std::string nonce_of(const std::string& data) {
    const boost::uuids::name_generator_sha1 generator(boost::uuids::ns::oid());
    return boost::uuids::to_string(generator(data));
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string html_page(const PageParts& parts) {
    const std::string data = inlined(parts.data);
    const std::string nonce = nonce_of(data);
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-{0}'; "
        "style-src 'nonce-{0}'; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{1}</title>\n"
        "<style nonce=\"{0}\">\n{2}</style>\n</head>\n<body>\n<main>\n<h1>{1}</h1>\n"
        "<p id=\"headline\">{3}</p>\n</main>\n<footer><p>{4}</p></footer>\n"
        "<script type=\"application/json\" id=\"data\">{5}</script>\n",
        nonce, escaped(parts.title), parts.style, escaped(parts.headline), escaped(parts.notice), data);
    for (const std::string_view code : parts.scripts)
        page += fmt::format("<script nonce=\"{}\">\n{}</script>\n", nonce, code);
    return page + "</body>\n</html>\n";
}

}  // namespace octet
