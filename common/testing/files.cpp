#include "testing/files.h"

#include <algorithm>

namespace kindling::testing {

void for_each_damaged(const std::string& file, int random_ones,
                      const std::function<void(const std::string& damaged)>& visit) {
  for (std::size_t length = 0; length < file.size(); ++length) visit(file.substr(0, length));
  for (std::size_t at = 0; at < file.size(); ++at)
    for (const int mask : {0x01, 0x80, 0xFF, 0x10}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ mask);
      visit(damaged);
    }
  std::mt19937 random(1);
  const auto below = [&random](std::size_t n) { return n ? random() % n : 0; };
  for (int i = 0; i < random_ones; ++i) {
    std::string damaged = file;
    for (std::size_t change = 0; change <= below(3); ++change) {
      const std::size_t at = below(damaged.size());
      const std::size_t length = std::min<std::size_t>(1 + below(8), damaged.size() - at);
      switch (below(6)) {
        case 0:
          damaged.erase(at, length);
          break;
        case 1:
          damaged.insert(at, damaged.substr(at, length));
          break;
        case 2:
          std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), length, '\0');
          break;
        case 3:
          std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), length, '\xFF');
          break;
        case 4:
          damaged.replace(at, length, std::to_string(random() * 4294967296ULL + random()));
          break;
        case 5:
          std::generate_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), length,
                          [&] { return static_cast<char>(random()); });
          break;
      }
    }
    visit(damaged);
  }
}

}  // namespace kindling::testing
