/// What a file may claim, and what two readers make of it: one that believes everything, and ours.
#include <fmt/ranges.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kindling/ops.h"
#include "kindling/serialize.h"

using namespace kindling;
namespace fs = std::filesystem;

static const fs::path path = "w.safetensors";

static void write(const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

static std::string file_of(const std::string& json, const std::string& elements) {
  const std::uint64_t length = json.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  return bytes + json + elements;
}

/// Reads as many programs do: takes what the file says for true, and never asks how long it is.
static std::string believe(const fs::path& from) {
  std::ifstream file(from, std::ios::binary);
  std::uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), 8);
  if (length > 1 << 20) return fmt::format(" asks the system for {} bytes", length);
  std::string json(length, '\0');
  file.read(json.data(), std::ssize(json));
  const std::streamoff data_start = file.tellg();
  std::string found;
  for (const SafetensorsEntry& entry : parse_safetensors_json(json).tensors) {
    std::vector<float> elements(static_cast<std::size_t>(numel(entry.shape)));
    file.seekg(data_start + static_cast<std::streamoff>(entry.begin));
    file.read(reinterpret_cast<char*>(elements.data()), std::ssize(elements) * 4);
    found += fmt::format(" {} = [{}]", entry.name, fmt::join(elements, ", "));
  }
  return found;
}

static void read_both(const char* what, const std::string& bytes) {
  write(bytes);
  fmt::print("{}\n  believing:{}\n  ours: ", what, believe(path));
  try {
    load_safetensors(path);
    fmt::print("loads it\n");
  } catch (const Error& error) {
    fmt::print("{}\n", error.what());
  }
}

int main() {
  const fs::path folder = fs::temp_directory_path() / fmt::format("kindling-lies-{}", getpid());
  fs::create_directory(folder);
  fs::current_path(folder);

  const float numbers[] = {1, 2};
  const std::string elements(reinterpret_cast<const char*>(numbers), 8);
  const std::string json = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const std::string whole = file_of(json, elements);
  read_both("a good file", whole);
  read_both("the last 4 bytes are missing", whole.substr(0, whole.size() - 4));

  std::string long_header = whole;
  long_header[6] = 1;  // of the length's 8 bytes, lowest first: 2⁴⁸
  read_both("one bit of the length is wrong", long_header);

  read_both("two tensors in the same place",
            file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                    R"("b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                    elements));
  read_both("a shape that is not its bytes",
            file_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", elements));

  fs::current_path(folder.parent_path());
  fs::remove_all(folder);
}
