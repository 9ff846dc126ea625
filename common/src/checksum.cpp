#include "checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "cpu/parallel.h"

namespace kindling {
namespace {

// Eight sums of words side by side: one alone would wait for each of its multiplications. A step
// can be undone, so that two sums which differ once differ for ever after, if the rest is the same.
constexpr std::size_t lanes = 8, block = lanes * sizeof(std::uint64_t);

std::uint64_t step(std::uint64_t sum, std::uint64_t word) {
  // The rotation brings the high bits, which multiplying only drops, to where they count.
  return std::rotl(sum ^ word, 29) * 0x9E3779B97F4A7C15;
}

void add_block(std::uint64_t (&sums)[lanes], const std::byte* bytes) {
  std::uint64_t words[lanes];
  std::memcpy(words, bytes, block);
  for (std::size_t i = 0; i < lanes; ++i) sums[i] = step(sums[i], words[i]);
}

std::uint64_t checksum_of_piece(std::span<const std::byte> bytes) {
  std::uint64_t sums[lanes] = {1, 2, 3, 4, 5, 6, 7, 8};
  std::size_t done = 0;
  for (; bytes.size() - done >= block; done += block) add_block(sums, bytes.data() + done);
  std::byte rest[block] = {};
  std::ranges::copy(bytes.subspan(done), rest);
  add_block(sums, rest);
  std::uint64_t sum = bytes.size();
  for (const std::uint64_t lane : sums) sum = step(sum, lane);
  return sum;
}

}  // namespace

std::uint64_t checksum(std::span<const std::byte> bytes) {
  constexpr std::size_t piece = 4 << 20;  // the same for any number of threads
  std::vector<std::uint64_t> sums(bytes.size() / piece + 1);
  parallel_for(std::ssize(sums), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      sums[i] =
          checksum_of_piece(bytes.subspan(i * piece, std::min(piece, bytes.size() - i * piece)));
  });
  return checksum_of_piece(std::as_bytes(std::span(sums)));
}

}  // namespace kindling
