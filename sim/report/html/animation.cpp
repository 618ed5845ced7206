#include "sim/report/html/animation.h"

#include "sim/report/html/resources.h"
#include "sim/report/html/shell.h"

namespace octet {

std::string animation_page(const Animation& animation) {
    const std::string notice = std::string("Made by Octet ") + OCTET_VERSION +
                               ": every number is what a register of the simulated array held.";
    return html_page({animation.title,
                      animation.headline,
                      animation_style(),
                      notice,
                      animation.document,
                      {lessons_script(), animation_script()}});
}

}  // namespace octet
