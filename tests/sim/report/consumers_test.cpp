#include "sim/report/consumers.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(GroupName, LeavesOutTheNumbersOfTokensAndLayersInFront) {
    EXPECT_EQ(group_name("layer12.ffn.up"), "ffn.up");
    EXPECT_EQ(group_name("token3.layer1.ffn.up"), "ffn.up");
    EXPECT_EQ(group_name("decoder.layer2.cross.key"), "decoder.cross.key");
    EXPECT_EQ(group_name("token1.decoder.layer2.ffn.up"), "decoder.ffn.up");
    EXPECT_EQ(group_name("token3.head"), "head");
    EXPECT_EQ(group_name("pooler"), "pooler");
}

TEST(GroupName, KeepsNamesThatOnlyLookAlike) {
    for (const char* name :
         {"layer12", "layer.up", "layers1.up", "tokens.layer1.up", "layer1x.up", "token2", ""})
        EXPECT_EQ(group_name(name), name);
}

}  // namespace
}  // namespace octet
