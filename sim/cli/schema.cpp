// octet schema KIND
#include "sim/cli/kinds.h"
#include "sim/cli/verbs.h"

namespace octet {

int schema_verb(const std::string& kind, std::string& out) {
    out += find_kind(kind)->schema().dump(2) + '\n';
    return 0;
}

}  // namespace octet
