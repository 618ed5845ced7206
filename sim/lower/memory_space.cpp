#include "sim/lower/memory_space.h"

#include <algorithm>
#include <stdexcept>

namespace octet {

MemorySpace::MemorySpace(std::uint64_t capacity, std::uint64_t alignment)
    : capacity_(capacity / alignment * alignment), alignment_(alignment), free_(capacity_) {
    if (capacity_ > 0) blocks_[0] = {capacity_, {}};
}

std::optional<MemorySpace::Region> MemorySpace::allocate(std::uint64_t bytes) {
    bytes = ceil_div(std::max<std::uint64_t>(bytes, 1), alignment_) * alignment_;
    auto best = blocks_.end();
    for (auto it = blocks_.begin(); it != blocks_.end(); ++it)
        if (it->second.bytes >= bytes && (best == blocks_.end() || it->second.bytes < best->second.bytes))
            best = it;
    if (best == blocks_.end()) return std::nullopt;
    const Region region{best->first, bytes, best->second.free_after};
    const Block rest{best->second.bytes - bytes, best->second.free_after};
    blocks_.erase(best);
    if (rest.bytes > 0) blocks_[region.base + bytes] = rest;
    live_[region.base] = bytes;
    free_ -= bytes;
    peak_ = std::max(peak_, capacity_ - free_);
    return region;
}

void MemorySpace::release(const Region& region, const Needs& last_use) {
    const auto owner = live_.find(region.base);
    if (owner == live_.end() || owner->second != region.bytes)
        throw std::logic_error("SRAM region released twice or never allocated");
    live_.erase(owner);
    free_ += region.bytes;
    Block block{region.bytes, last_use};
    block.free_after.merge(region.free_after);
    Address base = region.base;
    auto next = blocks_.lower_bound(base);
    if (next != blocks_.end() && base + block.bytes > next->first)
        throw std::logic_error("SRAM regions overlap");
    if (next != blocks_.end() && base + block.bytes == next->first) {
        block.bytes += next->second.bytes;
        block.free_after.merge(next->second.free_after);
        next = blocks_.erase(next);
    }
    if (next != blocks_.begin()) {
        auto before = std::prev(next);
        if (before->first + before->second.bytes > base) throw std::logic_error("SRAM regions overlap");
        if (before->first + before->second.bytes == base) {
            base = before->first;
            block.bytes += before->second.bytes;
            block.free_after.merge(before->second.free_after);
            blocks_.erase(before);
        }
    }
    blocks_[base] = block;
}

std::uint64_t MemorySpace::largest_free() const {
    std::uint64_t largest = 0;
    for (const auto& [base, block] : blocks_) largest = std::max(largest, block.bytes);
    return largest;
}

}  // namespace octet
