#include <cstdlib>
#include <cstring>

#include "kindling/nn.h"
#include "kindling/serialize.h"
#include "target.h"

using namespace kindling;

namespace {

/// A run with every part that there is. Files without a checksum, "kindling checkpoint 1", are what
/// the fuzzer gets furthest with.
struct Run {
  nn::Linear layer{2, 2};
  optim::Adam optimizer{layer.parameters()};
  optim::lr_scheduler::CosineAnnealingLR scheduler{optimizer, 10};
  data::DataLoader loader{data::TensorDataset(zeros({5, 2})), {.batch_size = 2, .shuffle = true}};
  Checkpoint parts{
      .model = &layer, .optimizer = &optimizer, .scheduler = &scheduler, .loader = &loader};

  /// What a refused file must leave as it is.
  std::string seen() const {
    std::string all = default_generator().state() + std::to_string(loader.state().epoch) + ' ' +
                      std::to_string(optimizer.lr()) + std::to_string(scheduler.last_epoch());
    for (const auto& [name, tensor] : layer.state_dict())
      all.append(reinterpret_cast<const char*>(tensor.data_ptr<float>()),
                 static_cast<std::size_t>(tensor.numel()) * sizeof(float));
    return all;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Run run;
  const std::filesystem::path path = fuzz::file_of({data, size});
  const std::string before = run.seen();
  try {
    load_checkpoint(path, run.parts);
  } catch (const Error&) {
    if (run.seen() != before) std::abort();
    return 0;
  }
  // What was loaded can be gone on from.
  run.scheduler.step();
  for ([[maybe_unused]] const auto& batch : run.loader) {
  }
  return 0;
}
