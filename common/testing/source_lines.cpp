#include "testing/source_lines.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <sstream>

#ifdef __ELF__
#include <link.h>
#endif

namespace kindling::testing {

std::string printed_by(const std::string& command) {
  std::string text;
  FILE* const pipe = popen(command.c_str(), "r");
  if (!pipe) return text;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), count);
  pclose(pipe);
  return text;
}

#ifdef __ELF__

namespace {

/// Where address 0 of the program's file was loaded.
std::uintptr_t load_address() {
  std::uintptr_t address = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* found) {
        *static_cast<std::uintptr_t*>(found) = program->dlpi_addr;
        return 1;  // the program itself is the first
      },
      &address);
  return address;
}

}  // namespace

bool is_in_program(const void* address) {
  struct Search {
    std::uintptr_t address;
    bool found = false;
  } search{reinterpret_cast<std::uintptr_t>(address)};
  dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* looked_for) {
        auto& [address, found] = *static_cast<Search*>(looked_for);
        for (int i = 0; i < program->dlpi_phnum; ++i) {
          const auto& segment = program->dlpi_phdr[i];
          const std::uintptr_t begin = program->dlpi_addr + segment.p_vaddr;
          found |= segment.p_type == PT_LOAD && address - begin < segment.p_memsz;
        }
        return 1;  // the program itself is the first
      },
      &search);
  return search.found;
}

std::vector<std::string> source_lines(const std::vector<void*>& addresses, Unknown unknown) {
  std::ostringstream command;
  command << "addr2line -i -e /proc/" << getpid() << "/exe" << std::hex;
  const std::uintptr_t base = load_address();
  for (void* const address : addresses)
    command << " 0x" << reinterpret_cast<std::uintptr_t>(address) - base;
  command << " 2>/dev/null";
  std::vector<std::string> lines;
  std::istringstream places(printed_by(command.str()));
  const std::string root = KINDLING_SOURCE_DIR "/";
  for (std::string place; std::getline(places, place);) {
    place = place.substr(0, place.find(" (discriminator"));
    if (place.starts_with("??") || place.ends_with(":?") || place.ends_with(":0")) {
      if (unknown == Unknown::empty) lines.emplace_back();
      continue;
    }
    if (place.starts_with(root)) place.erase(0, root.size());
    lines.push_back(place);
  }
  return lines;
}

#else

bool is_in_program(const void*) { return true; }

std::vector<std::string> source_lines(const std::vector<void*>&, Unknown) { return {}; }

#endif

}  // namespace kindling::testing
