// What the kernels need, outside their namespaces.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "models/arithmetic/extent.h"
#include "models/arithmetic/kernels.h"
#include "models/arithmetic/visit.h"
