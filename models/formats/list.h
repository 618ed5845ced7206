// The one list of formats. The run-time registry and the typed tests are made from it.
#pragma once
#include "models/formats/block.h"
#include "models/formats/codebook.h"
#include "models/formats/dynamic_tree.h"
#include "models/formats/format.h"
#include "models/formats/integer.h"
#include "models/formats/lns.h"
#include "models/formats/minifloat.h"
#include "models/formats/posit.h"
#include "models/formats/scaled_floats.h"

namespace octet {

template <NumberFormat... F>
struct FormatList {};

using AllFormats =
    FormatList<Posit8_0, Posit8_1, Posit8_2, Posit8_1Ftz, Posit8_2Ftz, Posit16_0, Posit16_1,            //
               E4m3, E4m3Ieee, E4m3Scaled, E5m2, E5m2Scaled, E5m3, E5m4, E4m5, E6m3, E3m2, E2m3, E2m1,  //
               MxFp8E4m3, MxFp8E5m2, MxFp6E3m2, MxFp6E2m3, MxFp4E2m1, MxInt8,                           //
               Msfp12, Vsq8, Vsq4, Int4Group, Int4GroupZero, Int8Vector, Nf4Double,                     //
               Int8, Int8Zero, Int4, Int9, Int24, Int32, Flex8, Bf16, Fp16, Tf32, Fp32, Dlfloat16,      //
               Nf4, Af4, Flint4, Fp4Radix4, Fp4Radix4Odd, Lns8, Dynamic8, Dynamic8Unsigned>;

}  // namespace octet
