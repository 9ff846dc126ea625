#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "atomic_file.h"
#include "error_text.h"
#include "kindling/autograd.h"
#include "kindling/serialize.h"
#include "read_file.h"

/// Whole files: headers and elements.
namespace kindling {

static_assert(std::endian::native == std::endian::little,
              "elements are stored as this machine has them in memory");

namespace fs = std::filesystem;

/// The bytes of a row-major tensor on the CPU.
static std::span<std::byte> bytes_of(const Tensor& t) {
  const std::int64_t size = size_of(t.dtype());
  return {t.storage().data() + t.storage_offset() * size,
          static_cast<std::size_t>(t.numel() * size)};
}

void save_safetensors(const fs::path& path, const StateDict& tensors, const Metadata& metadata) {
  NoGrad guard;
  const std::string name = printable_path(path);
  Tensors dense;
  SafetensorsHeader header{.tensors = {}, .metadata = metadata};
  for (const auto& [tensor_name, tensor] : tensors) {
    check(tensor.defined(), name, ": cannot be saved: tensor ", in_quotes(tensor_name),
          " is undefined");
    dense.push_back(tensor.detach().to(cpu).contiguous());
    header.tensors.push_back(
        {tensor_name, std::string(to_safetensors(tensor.dtype())), tensor.shape(), 0, 0});
  }

  // The header keeps the order of the names. The elements stand largest type first, so that each is
  // aligned to its own size.
  std::vector<std::size_t> order(dense.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::size_t i) { return size_of(dense[i].dtype()); });
  std::uint64_t offset = 0;
  for (std::size_t i : order) {
    header.tensors[i].begin = offset;
    header.tensors[i].end = offset += bytes_of(dense[i]).size();
  }

  std::string json;
  try {
    json = to_safetensors_json(header);
  } catch (const Error& error) {
    fail(name, ": cannot be saved: ", error.what());
  }
  json.append((8 - json.size() % 8) % 8, ' ');
  check(json.size() <= max_safetensors_header, name, ": cannot be saved: a header has at most ",
        max_safetensors_header, " bytes, this one would have ", json.size());

  AtomicFile file(path);
  const std::uint64_t length = json.size();
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(std::as_bytes(std::span(json)));
  for (std::size_t i : order) file.write(bytes_of(dense[i]));
  file.commit();
}

static StateDict load(const fs::path& path, Metadata* metadata) {
  const std::string name = printable_path(path);
  const std::string against = why_unreadable(path, false);
  check(against.empty(), name, ": cannot be read: ", against);
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  check(file.is_open(), name, ": cannot be opened: ", std::strerror(errno));
  // The size of the file that is open: another one may get its name at any time.
  const auto size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);

  SafetensorsHeader header = read_safetensors_header(file, size, name);
  const auto data_start = static_cast<std::uint64_t>(file.tellg());
  StateDict tensors;
  for (const SafetensorsEntry& entry : header.tensors) {
    const Tensor tensor(entry.shape, dtype_from_safetensors(entry.dtype));
    const std::span<std::byte> bytes = bytes_of(tensor);
    file.seekg(static_cast<std::streamoff>(data_start + entry.begin));
    file.read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes));
    check(file.gcount() == std::ssize(bytes), name, ": tensor ", in_quotes(entry.name),
          ": expected ", bytes.size(), " bytes, got ", file.gcount());
    // Any other byte would be a bool that is neither true nor false.
    if (tensor.dtype() == bool_)
      check(std::ranges::all_of(bytes, [](std::byte b) { return b <= std::byte{1}; }), name,
            ": tensor ", in_quotes(entry.name), ": expected bools of 0 or 1, got another byte");
    tensors.emplace_back(entry.name, tensor);
  }
  if (metadata) *metadata = std::move(header.metadata);
  return tensors;
}

StateDict load_safetensors(const fs::path& path, Metadata* metadata) {
  return read_into_memory(path, [&] { return load(path, metadata); });
}

}  // namespace kindling
