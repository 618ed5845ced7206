// Room for results below the array.
#pragma once
#include "models/types.h"

namespace octet {

// Result vectors [first, first + count) of a tile find room from core cycle at, at + step, ... on. step >= 1.
struct ResultRoom {
    std::uint64_t first = 0, count = 0;
    Cycle at = 0, step = 0;
    bool write_back = false;  // what they wait for is the write-back FIFO
};

}  // namespace octet
