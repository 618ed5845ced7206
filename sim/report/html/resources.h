// What every report page holds, in the program itself (resources.S).
#pragma once
#include <string_view>

namespace octet {

std::string_view vega_script();       // a bundle of Vega's modules
std::string_view charts_script();     // charts.js
std::string_view report_script();     // report.js
std::string_view report_style();      // report.css
std::string_view animation_script();  // animation.js
std::string_view lessons_script();    // lessons.js
std::string_view animation_style();   // animation.css

}  // namespace octet
