#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "kindling/kernel.h"
#include "program.h"
#include "testing/source_lines.h"

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

/// What the debug information says of the arrays among the thread-local variables: by where the
/// variable begins, the lengths of its axes. An entry of readelf's begins with its number and kind,
/// and its properties follow, a line each.
std::map<std::size_t, std::vector<std::size_t>> read_lengths() {
  const std::string dump = kindling::testing::printed_by(
      "readelf --debug-dump=info /proc/" + std::to_string(getpid()) + "/exe 2>/dev/null");
  std::map<std::string, std::vector<std::size_t>> arrays;  // by "<1f3a>", the entry's number
  std::map<std::size_t, std::string> types;                // of variables, by where they begin
  std::string kind, array, type;
  std::istringstream lines(dump);
  const auto behind = [](const std::string& line, const std::string& word) {
    const std::size_t at = line.find(word);
    return at == line.npos ? "" : line.substr(at + word.size());
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.find(": Abbrev Number: ") != line.npos) {
      kind = behind(line, "(");
      type.clear();
      if (kind == "DW_TAG_array_type)") {
        array =
            "<0x" + line.substr(line.find("><") + 2, line.find(">:") - line.find("><") - 2) + ">";
        arrays[array];
      }
    } else if (kind == "DW_TAG_subrange_type)" && line.find("DW_AT_upper_bound") != line.npos) {
      arrays[array].push_back(std::strtoul(behind(line, ": ").c_str(), nullptr, 0) + 1);
    } else if (kind == "DW_TAG_variable)" && line.find("DW_AT_type ") != line.npos) {
      type = behind(line, ": ");
    } else if (kind == "DW_TAG_variable)" && line.find("tls_address") != line.npos) {
      types[std::strtoul(behind(line, "(DW_OP_const8u: ").c_str(), nullptr, 10)] = type;
    }
  }
  std::map<std::size_t, std::vector<std::size_t>> found;
  for (const auto& [begin, name] : types)
    if (const auto lengths = arrays.find(name); lengths != arrays.end())
      found[begin] = lengths->second;
  return found;
}

}  // namespace

std::vector<std::size_t> lengths_of(const SharedVariable& variable) {
  static const auto all = read_lengths();
  const auto found = all.find(variable.begin);
  return found == all.end() ? std::vector<std::size_t>() : found->second;
}

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
  void* const call = const_cast<char*>(static_cast<const char*>(pc)) - 1;
  const auto places = kindling::testing::source_lines({call});
  for (const std::string& place : places)
    if (place.find("/cuda_simulator/") == place.npos && !place.starts_with("/usr/")) return place;
  if (!places.empty()) return places.front();
  return "an unknown line (it takes the program addr2line, of the package binutils, and -g1)";
}

}  // namespace cuda_simulator::program
