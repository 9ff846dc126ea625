#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

#include "kindling/kernel.h"
#include "program.h"

// The linker defines these if any __constant__ variable exists.
extern "C" {
[[gnu::weak]] extern char __start_kindling_constant[];
[[gnu::weak]] extern char __stop_kindling_constant[];
}

namespace cuda_simulator::program {

namespace {

bool is_ours(const dl_phdr_info& module) {
  const auto here = reinterpret_cast<std::uintptr_t>(&is_ours) - module.dlpi_addr;
  for (int i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = module.dlpi_phdr[i];
    if (part.p_type == PT_LOAD && here - part.p_vaddr < part.p_memsz) return true;
  }
  return false;
}

/// Calls `look` for every module of the process, until it returns true.
template <class Look>
void for_each_module(Look look) {
  dl_iterate_phdr([](dl_phdr_info* module, std::size_t,
                     void* look) -> int { return (*static_cast<Look*>(look))(*module); },
                  &look);
}

struct Symbols {
  std::uintptr_t base = 0;  ///< where the program's address 0 was loaded
  std::string names;
  std::map<std::uintptr_t, const char*> functions;
  std::vector<SharedVariable> variables;
};

/// The section of this type, and the place in the file of the one that it is linked to.
struct Section {
  std::size_t begin = 0, bytes = 0, linked_begin = 0, linked_bytes = 0;
};
Section find_section(std::ifstream& file, unsigned type) {
  ElfW(Ehdr) header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  std::vector<ElfW(Shdr)> sections(header.e_shnum);
  file.seekg(std::streamoff(header.e_shoff));
  file.read(reinterpret_cast<char*>(sections.data()),
            std::streamsize(sections.size() * sizeof(ElfW(Shdr))));
  for (const ElfW(Shdr) & section : sections)
    if (section.sh_type == type && section.sh_link < sections.size()) {
      const ElfW(Shdr)& linked = sections[section.sh_link];
      return {section.sh_offset, section.sh_size, linked.sh_offset, linked.sh_size};
    }
  return {};
}

Symbols read_symbols() {
  Symbols result;
  for_each_module([&](const dl_phdr_info& module) {
    if (!is_ours(module)) return false;
    result.base = module.dlpi_addr;
    return true;
  });
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const Section table = find_section(file, SHT_SYMTAB);
  if (!file || table.bytes == 0) return result;
  std::vector<ElfW(Sym)> symbols(table.bytes / sizeof(ElfW(Sym)));
  file.seekg(std::streamoff(table.begin));
  file.read(reinterpret_cast<char*>(symbols.data()),
            std::streamsize(symbols.size() * sizeof(ElfW(Sym))));
  result.names.resize(table.linked_bytes);
  file.seekg(std::streamoff(table.linked_begin));
  file.read(result.names.data(), std::streamsize(result.names.size()));
  for (const ElfW(Sym) & symbol : symbols) {
    if (symbol.st_name >= result.names.size()) continue;
    const char* const name = result.names.data() + symbol.st_name;
    const int type = symbol.st_info & 15;
    if (type == STT_FUNC && symbol.st_shndx != SHN_UNDEF)
      result.functions[result.base + symbol.st_value] = name;
    // _ZZ begins the names of what is declared within a function, as everything __shared__ is.
    if (type == STT_TLS && symbol.st_shndx != SHN_UNDEF && std::strncmp(name, "_ZZ", 3) == 0)
      result.variables.push_back(
          {symbol.st_value, symbol.st_value + symbol.st_size, kindling::readable_name(name)});
  }
  std::ranges::sort(result.variables, {}, &SharedVariable::begin);
  return result;
}

const Symbols& symbols() {
  static const Symbols all = read_symbols();
  return all;
}

/// What a program prints. Empty if it cannot be run.
std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = popen(command.c_str(), "r");
  if (!pipe) return text;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
  pclose(pipe);
  return text;
}

}  // namespace

bool is_known() { return true; }

static Range find_thread_image() {
  Range image;
  for_each_module([&](const dl_phdr_info& module) {
    if (!is_ours(module)) return false;
    for (int i = 0; i < module.dlpi_phnum; ++i)
      if (module.dlpi_phdr[i].p_type == PT_TLS && module.dlpi_tls_data) {
        image.begin = reinterpret_cast<std::uintptr_t>(module.dlpi_tls_data);
        image.end = image.begin + module.dlpi_phdr[i].p_memsz;
      }
    return true;
  });
  return image;
}

Range thread_image() {
  static thread_local const Range image = find_thread_image();
  return image;
}

const std::vector<SharedVariable>& shared_variables() { return symbols().variables; }

const std::vector<Range>& read_only() {
  static const std::vector<Range> ranges = [] {
    std::vector<Range> found;
    for_each_module([&](const dl_phdr_info& module) {
      for (int i = 0; i < module.dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = module.dlpi_phdr[i];
        if (part.p_type == PT_GNU_RELRO || (part.p_type == PT_LOAD && !(part.p_flags & PF_W))) {
          const auto begin = module.dlpi_addr + part.p_vaddr;
          found.push_back({begin, begin + part.p_memsz});
        }
      }
      return false;
    });
    return found;
  }();
  return ranges;
}

Range constants() {
  return {reinterpret_cast<std::uintptr_t>(__start_kindling_constant),
          reinterpret_cast<std::uintptr_t>(__stop_kindling_constant)};
}

const char* function_name(const void* address) {
  const auto& functions = symbols().functions;
  const auto found = functions.find(reinterpret_cast<std::uintptr_t>(address));
  return found == functions.end() ? nullptr : found->second;
}

std::string readable_path(std::string path) {
  const std::string root = KINDLING_SOURCE_DIR "/";
  if (path.starts_with(root)) path.erase(0, root.size());
  return path;
}

std::string source_line(const void* pc) {
  // A call returns behind itself, perhaps to the next line.
  const auto call = reinterpret_cast<std::uintptr_t>(pc) - 1 - symbols().base;
  char file[4096] = {};
  if (readlink("/proc/self/exe", file, sizeof file - 1) < 0) return "an unknown line";
  std::ostringstream command;
  command << "addr2line -i -e '" << file << "' 0x" << std::hex << call << " 2>/dev/null";
  std::istringstream places(output_of(command.str()));
  std::string first;
  for (std::string place; std::getline(places, place);) {
    place = place.substr(0, place.find(" (discriminator"));
    if (place.starts_with("??") || place.ends_with(":?") || place.ends_with(":0")) continue;
    if (first.empty()) first = place;
    if (place.find("/cuda_simulator/") == place.npos && !place.starts_with("/usr/"))
      return readable_path(place);
  }
  if (!first.empty()) return readable_path(first);
  return "an unknown line (it takes the program addr2line, of the package binutils, and -g1)";
}

}  // namespace cuda_simulator::program
