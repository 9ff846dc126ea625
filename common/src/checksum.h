#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace kindling {

/// 64 bits of which nearly any change in `bytes` changes some; one within 8 bytes, as a damaged
/// disk or memory makes it, always does. No protection against people: they can compute it, too.
std::uint64_t checksum(std::span<const std::byte> bytes);

}  // namespace kindling
