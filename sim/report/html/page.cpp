#include "sim/report/html/page.h"

#include <fmt/format.h>

#include <array>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "sim/report/html/headline.h"
#include "sim/report/html/resources.h"

namespace octet {
namespace {

constexpr auto kind_names = std::to_array<std::string_view>({"run", "compare", "sweep"});

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

constexpr std::string_view licences =
    "Charts: Vega, copyright (c) 2015-2022 University of Washington Interactive Data Lab, and D3, copyright "
    "2010-2022 Mike Bostock. Redistribution and use in source and binary forms, with or without "
    "modification, are "
    "permitted under their BSD 3-clause and ISC licences; both come without warranty.";

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

std::string report_page(const ReportInput& input) {
    const std::string data =
        inlined({{"kind", kind_names[static_cast<std::size_t>(input.kind)]}, {"document", input.document}});
    const std::string nonce = nonce_of(data);
    const auto script = [&](std::string_view code) {
        return fmt::format("<script nonce=\"{}\">\n{}</script>\n", nonce, code);
    };
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-{0}'; "
        "style-src "
        "'nonce-{0}'; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{1}</title>\n"
        "<style nonce=\"{0}\">\n{2}</style>\n</head>\n<body>\n<main>\n<h1>{1}</h1>\n<p "
        "id=\"headline\">{3}</p>\n</main>\n"
        "<footer><p>Made by Octet {4}. {5}</p></footer>\n"
        "<script type=\"application/json\" id=\"data\">{6}</script>\n",
        nonce, escaped(input.title), report_style(), escaped(headline(input)), OCTET_VERSION, licences, data);
    page += script(vega_script()) + script(charts_script()) + script(report_script());
    return page + "</body>\n</html>\n";
}

}  // namespace octet
