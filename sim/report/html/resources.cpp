#include "sim/report/html/resources.h"

extern "C" {
extern const char octet_vega[], octet_vega_end[], octet_charts[], octet_charts_end[], octet_report[],
    octet_report_end[], octet_style[], octet_style_end[], octet_animation[], octet_animation_end[],
    octet_lessons[], octet_lessons_end[], octet_animation_style[], octet_animation_style_end[];
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
std::string_view animation_script() {
    return {octet_animation, octet_animation_end};
}
std::string_view lessons_script() {
    return {octet_lessons, octet_lessons_end};
}
std::string_view animation_style() {
    return {octet_animation_style, octet_animation_style_end};
}

}  // namespace octet
