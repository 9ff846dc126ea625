#pragma once
#include <cstdint>
#include <filesystem>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "kindling/data.h"
#include "kindling/module.h"
#include "kindling/optim.h"

/// Keeping what was learnt. Files are safetensors, which PyTorch, JAX, MLX and many more read and
/// write: https://github.com/huggingface/safetensors. Nothing in such a file is ever executed.
///
/// Threads: the functions may be called from any thread, while no other changes what they read or
/// uses what they load into. If two save to one name, either's file stands there afterwards, whole.
namespace kindling {

/// Notes that a file carries beside its tensors.
using Metadata = std::map<std::string, std::string>;

/// Writes tensors, and notes about them. The file appears as a whole or not at all: it is written
/// under another name in the same folder, brought to the disk, and renamed. Until then, whatever
/// happens, an older file of this name stays as it was. The new one has its permissions, and stands
/// where it stood: if the path is a symbolic link, at the link's end. Of several who write the same
/// file at once, nobody waits, and the last one wins.
/// \throws Error if a tensor is undefined, a name occurs twice or is no UTF-8, or the file cannot
/// be written, or is a folder, a pipe or a device
void save_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                      const Metadata& metadata = {});

/// Reads what save_safetensors(), or another program, wrote, in the order of its header; straight
/// into the tensors' own memory.
/// \param metadata where to put the notes, if anywhere
/// \throws Error if the file cannot be read or is not exactly what the format demands, or a tensor
/// is of another dtype than F32, F64, I64 and BOOL
StateDict load_safetensors(const std::filesystem::path& path, Metadata* metadata = nullptr);

// The format -------------------------------------------------------------------------------------
//
//     8 bytes    N, little-endian
//     N bytes    JSON, perhaps with blanks behind:
//                {"__metadata__": {"note": "text"},
//                 "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//     the rest   the elements, row-major, little-endian; data_offsets count from here

/// One tensor of a header. Not yet checked, if it comes from parse_safetensors_json().
struct SafetensorsEntry {
  std::string name;
  std::string dtype;                 ///< "F32"
  Shape shape;                       ///< not negative
  std::uint64_t begin = 0, end = 0;  ///< data_offsets
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;
  Metadata metadata;
};

/// The most that the format allows.
inline constexpr std::uint64_t max_safetensors_header = 100'000'000;

/// Reads the structure of the JSON: objects, names, texts, lists of whole numbers. What they mean
/// is not looked at.
/// \throws Error if it is not JSON, has something else in it than a header has, or a name twice
SafetensorsHeader parse_safetensors_json(std::string_view json);
/// The JSON of a header, in its order.
std::string to_safetensors_json(const SafetensorsHeader&);

DType dtype_from_safetensors(
    std::string_view name);  ///< "F32" → float32 \throws Error if there is no such dtype here
std::string_view to_safetensors(DType);  ///< float32 → "F32"

/// Reads and checks all that stands before the elements, and leaves `file` where they begin.
/// \param file_size how long the file really is
/// \param name what to call the file in errors
/// \throws Error if the file is not exactly what the format demands: see
/// solutions/06_saving/safetensors_header.cpp
SafetensorsHeader read_safetensors_header(std::istream& file, std::uint64_t file_size,
                                          const std::string& name);

// Checkpoints ------------------------------------------------------------------------------------

/// The parts of a training run; what is not used stays null.
///
///     const Checkpoint run{.model = &model, .optimizer = &optimizer,
///                          .scheduler = &scheduler, .loader = &loader};
///     if (exists(path)) load_checkpoint(path, run);
///     while (loader.epoch() < epochs) {
///       for (auto& [x, y] : loader) {
///         …                            // forward, backward, optimizer.step()
///         save_checkpoint(path, run);  // as often as you like; the run goes on here
///       }
///       scheduler.step();
///     }
struct Checkpoint {
  nn::Module* model = nullptr;
  optim::Optimizer* optimizer = nullptr;
  optim::lr_scheduler::LRScheduler* scheduler = nullptr;
  data::DataLoader* loader = nullptr;
  std::vector<Generator*> generators = {};  ///< beside the default one of this thread and that of
                                            ///< the loader, which always belong to it
};

/// Saves all that the further course of the run depends on: after load_checkpoint(), perhaps in
/// another process, it comes to the same weights, bit by bit, as if it had never stopped. To be
/// called between two steps of the optimiser, in the loop over the loader or outside of it.
/// Gradients are not part of it. The file is a safetensors file, written as a whole or not at all,
/// with a checksum of all that it holds in its notes.
/// \param notes whatever else is to be kept: an accuracy, a name
/// \throws Error as save_safetensors() does
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& run,
                     const Metadata& notes = {});

/// Brings all parts of the run to where save_checkpoint() saw them.
/// Checkpoints of older versions have no checksum, so that a damaged number in one is not noticed.
/// \return the notes
/// \throws Error if the file is damaged or of a run with other parts: another model, optimiser or
/// scheduler. Whatever is thrown, nothing has changed then.
Metadata load_checkpoint(const std::filesystem::path& path, const Checkpoint& run);

}  // namespace kindling
