// What every report page holds, in the program itself (resources.S).
#pragma once
#include <string_view>

namespace octet {

std::string_view vega_script();    // a bundle of Vega's modules
std::string_view charts_script();  // charts.js
std::string_view report_script();  // report.js
std::string_view report_style();   // report.css

}  // namespace octet
