#include <charconv>
#include <iomanip>
#include <sstream>

#include "checksum.h"
#include "error_text.h"
#include "kindling/autograd.h"
#include "kindling/serialize.h"
#include "run_snapshot.h"

/// Stopping a run and going on as if nothing had been.
namespace kindling {
namespace {

/// All of a run, as a file can hold it.
struct RunState {
  StateDict tensors;
  Metadata texts;
};

constexpr std::string_view note_prefix = "note.";
constexpr const char* format_name = "kindling checkpoint 2";
constexpr const char* older_format_name = "kindling checkpoint 1";  // it had no checksum

void append(StateDict& to, const std::string& prefix, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) to.emplace_back(prefix + name, tensor);
}

/// Those tensors whose names begin with `prefix`, without it.
NamedTensors part(const StateDict& from, const std::string& prefix) {
  NamedTensors found;
  for (const auto& [name, tensor] : from)
    if (name.starts_with(prefix)) found.emplace_back(name.substr(prefix.size()), tensor);
  return found;
}

const std::string& text_of(const Metadata& texts, const std::string& name) {
  const auto found = texts.find(name);
  check(found != texts.end(), "expected \"", name, "\" in the checkpoint, got none");
  return found->second;
}

std::int64_t number_of(const Metadata& texts, const std::string& name) {
  const std::string& text = text_of(texts, name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size(), "expected \"", name,
        "\" to be a whole number, got ", in_quotes(text));
  return value;
}

// A loader's state as tensors and texts.

void append(RunState& to, const data::DataLoaderState& state) {
  to.texts["loader.epoch"] = std::to_string(state.epoch);
  if (!state.position) return;
  const auto& [next_batch, base_seed, order, workers] = *state.position;
  to.texts["loader.next_batch"] = std::to_string(next_batch);
  to.texts["loader.base_seed"] = std::to_string(base_seed);
  to.texts["loader.workers"] = std::to_string(workers.size());
  for (std::size_t i = 0; i < workers.size(); ++i)
    to.texts["loader.worker." + std::to_string(i)] = workers[i];
  to.tensors.emplace_back("loader.order", tensor(order));
}

data::DataLoaderState loader_state(const RunState& from) {
  data::DataLoaderState state;
  state.epoch = number_of(from.texts, "loader.epoch");
  if (!from.texts.contains("loader.next_batch")) return state;
  auto& position = state.position.emplace(data::DataLoaderState::Position{});
  position.next_batch = number_of(from.texts, "loader.next_batch");
  position.base_seed = number_of(from.texts, "loader.base_seed");
  const std::int64_t workers = number_of(from.texts, "loader.workers");
  for (std::int64_t i = 0; i < workers; ++i)
    position.workers.push_back(text_of(from.texts, "loader.worker." + std::to_string(i)));
  const NamedTensors order = part(from.tensors, "loader.order");
  check(order.size() == 1 && order[0].second.dtype() == int64,
        "expected \"loader.order\" in the checkpoint, a list of int64");
  position.order = order[0].second.to_vector<std::int64_t>();
  return state;
}

/// \exercise{6.4} All that the further course of the run depends on: the tensors of the model
/// ("model." before their names), the optimiser ("optimizer.") and the scheduler ("scheduler.");
/// the state() of each of generators_of(run), as a text under its name; where the loader is, if
/// there is one. append() does most of it.
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  return saved;
}

/// \exercise{6.4} The reverse of capture(): hands every part of the run what part(), loader_state()
/// and text_of() find for it.
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}

/// "model, optimizer, 1 generator"
std::string parts_of(const Checkpoint& run) {
  const std::size_t generators = generators_of(run).size();
  return std::string(run.model ? "model, " : "") + (run.optimizer ? "optimizer, " : "") +
         (run.scheduler ? "scheduler, " : "") + (run.loader ? "loader, " : "") +
         std::to_string(generators) + (generators == 1 ? " generator" : " generators");
}

bool is_of_older_format(const RunState& saved) {
  return text_of(saved.texts, "format") == older_format_name;
}

/// The run must have every part that the file has: a forgotten one would start from the beginning
/// without a word.
void check_parts(const Checkpoint& run, const RunState& saved) {
  const auto format = saved.texts.find("format");
  check(format != saved.texts.end() &&
            (format->second == format_name || format->second == older_format_name),
        "expected a checkpoint, which is a safetensors file with the note \"format\": \"",
        format_name, '"');
  check(text_of(saved.texts, "parts") == parts_of(run), "it was saved with ",
        printable(text_of(saved.texts, "parts")), ", but is loaded with ", parts_of(run));
}

/// Of all that the file holds, but for itself: 16 hexadecimal digits. The tensors are on the CPU,
/// and row-major.
std::string checksum_of(const RunState& saved) {
  std::ostringstream all;
  const auto add_text = [&all](const std::string& text) { all << text.size() << ':' << text; };
  for (const auto& [name, text] : saved.texts) {
    if (name == "checksum") continue;
    add_text(name);
    add_text(text);
  }
  for (const auto& [name, tensor] : saved.tensors) {
    add_text(name);
    const std::int64_t size = size_of(tensor.dtype());
    const std::uint64_t of_elements =
        checksum({tensor.storage().data() + tensor.storage_offset() * size,
                  static_cast<std::size_t>(tensor.numel() * size)});
    all << to_safetensors(tensor.dtype()) << tensor.shape() << of_elements;
  }
  std::ostringstream digits;
  digits << std::hex << std::setfill('0') << std::setw(16)
         << checksum(std::as_bytes(std::span(all.view())));
  return digits.str();
}

/// Loading a state says best what does not fit; what fits, and is not what was saved, is seen here.
void check_checksum(const RunState& saved) {
  if (is_of_older_format(saved)) return;
  const std::string found = checksum_of(saved);
  check(text_of(saved.texts, "checksum") == found, "the file is damaged: expected the checksum ",
        in_quotes(text_of(saved.texts, "checksum")), ", got \"", found, '"');
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& run,
                     const Metadata& notes) {
  NoGrad guard;
  RunState saved = capture(run);
  for (auto& [name, tensor] : saved.tensors) tensor = tensor.detach().to(cpu).contiguous();
  saved.texts["format"] = format_name;
  saved.texts["parts"] = parts_of(run);
  for (const auto& [name, text] : notes) saved.texts[std::string(note_prefix) + name] = text;
  saved.texts["checksum"] = checksum_of(saved);
  save_safetensors(path, saved.tensors, saved.texts);
}

Metadata load_checkpoint(const std::filesystem::path& path, const Checkpoint& run) {
  RunState saved;
  saved.tensors = load_safetensors(path, &saved.texts);
  Metadata notes;
  for (const auto& [name, text] : saved.texts)
    if (name.starts_with(note_prefix)) notes[name.substr(note_prefix.size())] = text;

  RunSnapshot before(run);
  try {
    check_parts(run, saved);
    restore(run, saved);
    check_checksum(saved);
  } catch (...) {
    before.put_back();
    rethrow_at(printable_path(path) + ": cannot go on from this checkpoint: ");
  }
  return notes;
}

}  // namespace kindling
