#include "sim/report/html/page.h"

#include <fmt/format.h>

#include <array>

#include "sim/report/html/headline.h"
#include "sim/report/html/resources.h"
#include "sim/report/html/shell.h"

namespace octet {
namespace {

constexpr auto kind_names = std::to_array<std::string_view>({"run", "compare", "sweep"});

constexpr std::string_view licences =
    "Charts: Vega, copyright (c) 2015-2022 University of Washington Interactive Data Lab, and D3, copyright "
    "2010-2022 Mike Bostock. Redistribution and use in source and binary forms, with or without "
    "modification, are "
    "permitted under their BSD 3-clause and ISC licences; both come without warranty.";

}  // namespace

std::string report_page(const ReportInput& input) {
    return html_page(
        {input.title,
         headline(input),
         report_style(),
         fmt::format("Made by Octet {}. {}", OCTET_VERSION, licences),
         {{"kind", kind_names[static_cast<std::size_t>(input.kind)]}, {"document", input.document}},
         {vega_script(), charts_script(), report_script()}});
}

}  // namespace octet
