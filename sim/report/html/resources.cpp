#include "sim/report/html/resources.h"

extern "C" {
extern const char octet_vega[], octet_vega_end[], octet_charts[], octet_charts_end[], octet_report[],
    octet_report_end[], octet_style[], octet_style_end[];
}

namespace octet {

std::string_view vega_script() {
    return {octet_vega, octet_vega_end};
}
std::string_view charts_script() {
    return {octet_charts, octet_charts_end};
}
std::string_view report_script() {
    return {octet_report, octet_report_end};
}
std::string_view report_style() {
    return {octet_style, octet_style_end};
}

}  // namespace octet
