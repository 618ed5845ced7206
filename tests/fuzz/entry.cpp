// The entry of libFuzzer into one target: OCTET_FUZZ_TARGET.
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    octet::fuzz::OCTET_FUZZ_TARGET(data, size);
    return 0;
}
