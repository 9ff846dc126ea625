#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <new>
#include <sstream>
#include <thread>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/serialize.h"
#include "testing/allocations.h"
#include "testing/files.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

/// Rows with noise from whatever generator the thread has: an augmentation.
struct Noisy : data::Dataset {
  data::TensorDataset digits = data::digits();
  data::Example get(std::int64_t i) const override {
    data::Example example = digits.get(i);
    example.data = example.data + rand({64}) * 0.1;
    return example;
  }
  std::int64_t size() const override { return 330; }
};

/// A run with everything in it that has a state.
struct Run {
  Generator order{7}, extra{8};
  nn::Sequential model;
  std::unique_ptr<optim::Adam> optimizer;
  std::unique_ptr<optim::lr_scheduler::CosineAnnealingLR> scheduler;
  data::DataLoader loader;
  Checkpoint parts;

  explicit Run(int workers)
      : loader(Noisy(),
               {.batch_size = 32, .shuffle = true, .num_workers = workers, .generator = &order}) {
    manual_seed(5);
    model.append<nn::Linear>(64, 32).append<nn::ReLU>().append<nn::Dropout>(0.3).append<nn::Linear>(
        32, 10);
    optimizer = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 1e-2});
    scheduler = std::make_unique<optim::lr_scheduler::CosineAnnealingLR>(*optimizer, 10);
    parts = {.model = &model,
             .optimizer = optimizer.get(),
             .scheduler = scheduler.get(),
             .loader = &loader,
             .generators = {&extra}};
  }

  /// Trains for some epochs, calling after_step with the number of steps taken here.
  void train(
      std::int64_t epochs, const std::function<void(int)>& after_step = [](int) {}) {
    int steps = 0;
    while (loader.epoch() < epochs) {
      for (auto& [x, y] : loader) {
        const Tensor loss = nn::cross_entropy(model(x) + rand({1}, float32, extra) * 0.1, y);
        optimizer->zero_grad();
        loss.backward();
        optimizer->step();
        after_step(++steps);
      }
      scheduler->step();
    }
  }

  /// The bytes of all weights, and of the next random number.
  std::string fingerprint() {
    std::string bytes;
    for (const auto& [name, tensor] : model.state_dict())
      bytes.append(reinterpret_cast<const char*>(tensor.data_ptr<float>()),
                   static_cast<std::size_t>(tensor.numel()) * sizeof(float));
    return bytes + default_generator().state() + extra.state() + order.state();
  }
};

struct Stop {};

}  // namespace

TEST_CASE("A run that goes on from a checkpoint ends with the same bits, wherever it was saved") {
  for (const int workers : {0, 2}) {
    Run whole(workers);
    whole.train(2);
    const TemporaryFolder folder;
    for (const int stop : {1, 5, 10, 11, 12, 21, 22}) {  // 11 batches an epoch
      INFO(workers << " workers, stopped after step " << stop);
      Run first(workers);
      try {
        first.train(2, [&](int step) {
          if (step == stop) {
            save_checkpoint(folder / "run", first.parts, {{"step", std::to_string(step)}});
            throw Stop();
          }
        });
      } catch (const Stop&) {
      }
      manual_seed(99);
      Run second(workers);
      CHECK(load_checkpoint(folder / "run", second.parts) ==
            Metadata{{"step", std::to_string(stop)}});
      second.train(2);
      CHECK(second.fingerprint() == whole.fingerprint());
      CHECK(second.optimizer->lr() == whole.optimizer->lr());
    }
  }
}

TEST_CASE("Saving changes nothing in the run") {
  const TemporaryFolder folder;
  Run watched(2), alone(2);
  manual_seed(5);
  alone.train(1);
  const std::string expected = alone.fingerprint();
  manual_seed(5);
  watched.train(1, [&](int) { save_checkpoint(folder / "run", watched.parts); });
  CHECK(watched.fingerprint() == expected);
}

TEST_CASE("Between epochs, and before the first") {
  const TemporaryFolder folder;
  Run whole(0);
  save_checkpoint(folder / "start", whole.parts);
  whole.train(1);
  save_checkpoint(folder / "one", whole.parts);
  whole.train(2);
  for (const char* from : {"start", "one"}) {
    Run again(0);
    manual_seed(1);
    load_checkpoint(folder / from, again.parts);
    again.train(2);
    CHECK(again.fingerprint() == whole.fingerprint());
  }
}

TEST_CASE(
    "A trainer that is killed at random moments, and started again, ends with the same bits") {
  const TemporaryFolder folder;
  const auto train = [&](const std::string& name) {  // what the trainer's main() would be
    Run run(2);
    const fs::path path = folder / (name + ".checkpoint");
    if (fs::exists(path)) load_checkpoint(path, run.parts);
    run.train(6, [&](int) { save_checkpoint(path, run.parts); });
    write(folder / name, run.fingerprint());
  };
  const auto start = [&](const std::string& name) {
    std::fflush(nullptr);  // or the child would have it, too
    const pid_t child = fork();
    if (child == 0) {
      try {
        train(name);
        _exit(0);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "trainer: %s\n", error.what());
        _exit(1);
      }
    }
    REQUIRE(child > 0);
    return child;
  };
  const auto wait = [](pid_t child) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
  };

  const auto began = std::chrono::steady_clock::now();
  REQUIRE(wait(start("whole")) == 0);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);

  std::mt19937 random(std::random_device{}());
  int kills = 0;
  while (true) {
    REQUIRE(kills < 500);
    const pid_t child = start("killed");
    if (kills >= 12 && fs::exists(folder / "killed.checkpoint")) {  // often enough
      REQUIRE(wait(child) == 0);
      break;
    }
    // The longer, the more have been killed: some day each gets as far as to save.
    std::this_thread::sleep_for(
        std::chrono::microseconds(random() % (1 + took.count() * (12 + kills) / 72)));
    kill(child, SIGKILL);
    const int status = wait(child);
    if (WIFEXITED(status)) {  // it was faster
      REQUIRE(WEXITSTATUS(status) == 0);
      break;
    }
    ++kills;
  }
  MESSAGE(kills << " kills");
  CHECK(kills > 0);
  CHECK(read(folder / "killed") == read(folder / "whole"));
}

TEST_CASE("A checkpoint of another run is refused, and nothing changes") {
  const TemporaryFolder folder;
  Run run(0);
  run.train(1);
  save_checkpoint(folder / "run", run.parts);
  const std::string before = run.fingerprint();
  const auto state_before = run.loader.state();

  const auto refuse = [&](const std::string& file, const Checkpoint& into, const char* part) {
    CHECK_FAILS(load_checkpoint(folder / file, into), part);
    CHECK(run.fingerprint() == before);
    CHECK(run.loader.state() == state_before);
  };
  Checkpoint less = run.parts;
  less.scheduler = nullptr;
  refuse("run", less,
         "it was saved with model, optimizer, scheduler, loader, 3 generators, but is loaded with "
         "model, optimizer, loader, 3 generators");
  save_safetensors(folder / "weights", run.model.state_dict());
  refuse("weights", run.parts, "expected a checkpoint");
  refuse("absent", run.parts, "No such file");

  // Everything is right but the last: the loader, or a generator.
  Metadata texts;
  const StateDict tensors = load_safetensors(folder / "run", &texts);
  StateDict others;
  for (const auto& [name, tensor] : tensors)
    others.emplace_back(name, tensor.is_floating_point() ? tensor + 1. : tensor);
  for (const auto& [name, text] :
       {std::pair("loader.epoch", "-3"), std::pair("loader.epoch", "x"),
        std::pair("generator.0", "x"), std::pair("generator.default", "")}) {
    Metadata changed = texts;
    changed[name] = text;
    save_safetensors(folder / "changed", others, changed);
    refuse("changed", run.parts, "cannot go on from this checkpoint: ");
  }
  texts.erase("generator.0");
  save_safetensors(folder / "changed", others, texts);
  refuse("changed", run.parts, "expected \"generator.0\" in the checkpoint, got none");
}

TEST_CASE("A part of another kind is refused, with both names") {
  const TemporaryFolder folder;
  nn::Linear layer(2, 2);
  optim::SGD plain(layer.parameters());
  optim::Adam adam(layer.parameters());
  save_checkpoint(folder / "sgd", {.model = &layer, .optimizer = &plain});
  CHECK_FAILS(
      load_checkpoint(folder / "sgd", {.model = &layer, .optimizer = &adam}),
      "cannot go on from this checkpoint: Adam: expected the state of Adam, got that of SGD");
  optim::lr_scheduler::StepLR steps(plain, 3);
  optim::lr_scheduler::LinearLR line(plain);
  save_checkpoint(folder / "steps", {.scheduler = &steps});
  CHECK_FAILS(load_checkpoint(folder / "steps", {.scheduler = &line}),
              "LinearLR: expected the state of LinearLR, got that of StepLR");
}

TEST_CASE("A run whose model moved to another dtype accepts its own checkpoint") {
  const TemporaryFolder folder;
  Run run(0);
  run.train(1);
  run.model.to(float64);
  save_checkpoint(folder / "moved", run.parts);  // before the next step
  const double lr = run.optimizer->lr();
  load_checkpoint(folder / "moved", run.parts);
  CHECK(run.optimizer->lr() == lr);
  for (const auto& [name, tensor] : run.optimizer->named_state())
    if (name.ends_with("exp_avg")) CHECK(tensor.dtype() == float64);

  // A float32 checkpoint, too: as the weights do, the moments become float64.
  Run other(0);
  other.train(1);
  save_checkpoint(folder / "float32", other.parts);
  load_checkpoint(folder / "float32", run.parts);
  const auto state = run.optimizer->named_state(), from = other.optimizer->named_state();
  REQUIRE(state.size() == from.size());
  for (std::size_t i = 0; i < state.size(); ++i)
    CHECK(equal(state[i].second, from[i].second.to(state[i].second.dtype())));
}

namespace {

/// All that loading could change, as bytes: of every part, and of what hangs on it.
std::string everything(const Run& run) {
  std::ostringstream all;
  const auto add = [&all](const NamedTensors& tensors) {
    for (const auto& [name, tensor] : tensors) {
      const Tensor dense = tensor.detach().contiguous();
      const std::int64_t size = size_of(dense.dtype());
      all << name << dense.dtype() << dense.shape();
      all.write(
          reinterpret_cast<const char*>(dense.storage().data() + dense.storage_offset() * size),
          dense.numel() * size);
    }
  };
  add(run.model.state_dict());
  add(run.optimizer->named_state());
  add(run.scheduler->named_state());
  const data::DataLoaderState loader = run.loader.state();
  all << loader.epoch << ' ' << loader.position.has_value();
  if (loader.position) {
    all << ' ' << loader.position->next_batch << ' ' << loader.position->base_seed;
    for (const std::int64_t index : loader.position->order) all << ' ' << index;
    for (const std::string& worker : loader.position->workers) all << worker;
  }
  all << default_generator().state() << run.order.state() << run.extra.state();
  return all.str();
}

}  // namespace

TEST_CASE("Whenever memory runs out, a checkpoint is loaded as a whole or not at all") {
  const TemporaryFolder folder;
  Run source(2);
  try {
    source.train(2, [&](int step) {
      if (step == 13) {
        save_checkpoint(folder / "run", source.parts, {{"note", std::string(100, 'n')}});
        throw Stop();
      }
    });
  } catch (const Stop&) {
  }
  Run loaded(2);
  load_checkpoint(folder / "run", loaded.parts);
  const std::string after = everything(loaded);
  Run run(2);
  run.train(1);
  auto walk = run.loader.begin();  // in the middle of an epoch
  save_checkpoint(folder / "before", run.parts);
  const std::string before = everything(run);
  int refused = 0;
  for (int successes = 0;; ++successes) {
    bool has_failed = false;
    try {
      const FailingAllocation failing(successes);
      load_checkpoint(folder / "run", run.parts);
      has_failed = failing.has_happened();
    } catch (const std::exception&) {
      ++refused;
      REQUIRE_MESSAGE(everything(run) == before, "after " << successes << " successes");
      continue;
    }
    REQUIRE(everything(run) == after);
    if (!has_failed) break;                         // all have had their turn
    load_checkpoint(folder / "before", run.parts);  // some can be done without
    REQUIRE(everything(run) == before);
  }
  MESSAGE(refused << " times");
  CHECK(refused > 500);
}

TEST_CASE("Whatever entry of a checkpoint is damaged, nothing changes") {
  const TemporaryFolder folder;
  Run run(1);
  auto walk = run.loader.begin();
  run.train(1);
  save_checkpoint(folder / "run", run.parts);
  run.train(2);
  const std::string before = everything(run);
  Metadata texts;
  const StateDict tensors = load_safetensors(folder / "run", &texts);
  const auto refuse = [&](const StateDict& state, const Metadata& notes, const std::string& what) {
    save_safetensors(folder / "changed", state, notes);
    INFO(what);
    CHECK_FAILS(load_checkpoint(folder / "changed", run.parts),
                "cannot go on from this checkpoint: ");
    REQUIRE(everything(run) == before);
  };
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    StateDict less = tensors, larger = tensors, renamed = tensors, other = tensors;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    larger[i].second = zeros({3, 5}, tensors[i].second.dtype());
    renamed[i].first += "x";
    Tensor changed = tensors[i].second.clone();
    if (changed.dtype() == bool_)
      changed = logical_not(changed);
    else
      changed.add_(1);
    other[i].second = changed;
    refuse(less, texts, "without " + tensors[i].first);
    refuse(larger, texts, "another shape of " + tensors[i].first);
    refuse(renamed, texts, "another name for " + tensors[i].first);
    refuse(other, texts, "another value of " + tensors[i].first);
  }
  for (const auto& [name, text] : texts) {
    Metadata less = texts, empty = texts, longer = texts;
    less.erase(name);
    empty[name] = "";
    longer[name] += "0";
    refuse(tensors, less, "without " + name);
    refuse(tensors, empty, "empty " + name);
    refuse(tensors, longer, "longer " + name);
  }
  Metadata huge = texts;
  for (const char* text : {"9223372036854775807", "9223372036854775806", "9223372036854775808",
                           "-9223372036854775808", "1e3", " 1", "0x1"}) {
    huge["loader.epoch"] = text;
    refuse(tensors, huge, std::string("loader.epoch ") + text);
  }
}

TEST_CASE("One damaged bit of a checkpoint's elements is seen, wherever it is") {
  const TemporaryFolder folder;
  nn::Linear layer(3, 5);
  save_checkpoint(folder / "run", {.model = &layer});
  const std::string good = read(folder / "run");
  const Tensor before = layer.weight.detach().clone();
  const std::size_t elements = (3 * 5 + 5) * sizeof(float);
  for (std::size_t at = good.size() - elements; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
      write(folder / "bad", bad);
      CHECK_FAILS(load_checkpoint(folder / "bad", {.model = &layer}),
                  "bad: cannot go on from this checkpoint: the file is damaged: expected the "
                  "checksum");
      REQUIRE(equal(layer.weight.detach(), before));
    }
  std::string last = good;  // the example of the report: a bias of -0.06 would become -2e37
  last.back() = static_cast<char>(last.back() ^ 0x40);
  CHECK_FAILS(load_checkpoint(write(folder / "bad", last), {.model = &layer}), "damaged");
  load_checkpoint(folder / "run", {.model = &layer});
}

TEST_CASE("A checkpoint of the time before there were checksums and marks is loaded") {
  const TemporaryFolder folder;
  Run run(0), again(0);
  run.train(1);
  save_checkpoint(folder / "new", run.parts, {{"note", "text"}});
  Metadata texts;
  StateDict tensors = load_safetensors(folder / "new", &texts);
  texts["format"] = "kindling checkpoint 1";
  texts.erase("checksum");
  std::erase_if(tensors, [](const auto& entry) {
    return contains(entry.first, ".class.") || entry.first.ends_with("last_lr") ||
           entry.first.ends_with("initial_lr");
  });
  save_safetensors(folder / "old", tensors, texts);
  CHECK(load_checkpoint(folder / "old", again.parts) == Metadata{{"note", "text"}});
  CHECK(again.fingerprint() == run.fingerprint());
  CHECK(again.optimizer->lr() == run.optimizer->lr());
  texts["format"] = "kindling checkpoint 2";  // a new one has to have one
  save_safetensors(folder / "bad", tensors, texts);
  CHECK_FAILS(load_checkpoint(folder / "bad", again.parts), "expected \"checksum\"");
}

TEST_CASE("Loading goes back where it was in the middle of a loop, too") {
  const TemporaryFolder folder;
  Run run(1), other(1);
  save_checkpoint(folder / "start", run.parts);
  std::string text = read(folder / "start");
  text.back() = static_cast<char>(text.back() ^ 1);
  write(folder / "bad", text);
  const auto rest = [&](Run& of, bool loads) {
    manual_seed(3);
    std::vector<float> seen;
    int step = 0;
    for (auto& [x, y] : of.loader) {
      if (++step == 4 && loads) CHECK_FAILS(load_checkpoint(folder / "bad", of.parts), "damaged");
      if (step == 4) CHECK(of.loader.state().position.value().next_batch == 4);
      for (float v : x.to_vector<float>()) seen.push_back(v);
    }
    return seen;
  };
  CHECK(rest(run, true) == rest(other, false));
}

TEST_CASE("Damaged checkpoints are refused or loaded, never half") {
  const TemporaryFolder folder;
  nn::Linear layer(2, 2);
  data::DataLoader loader(data::TensorDataset(zeros({5, 2})),
                          {.batch_size = 2, .shuffle = true, .num_workers = 1});
  const Checkpoint parts{.model = &layer, .loader = &loader};
  auto it = loader.begin();
  save_checkpoint(folder / "run", parts);
  const std::string good = read(folder / "run");
  int loaded = 0, refused = 0;
  std::mt19937 random(3);
  for (int i = 0; i < 1500; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] = static_cast<char>(random());
    write(folder / "bad", bad);
    const Tensor before = layer.weight.detach().clone();
    try {
      load_checkpoint(folder / "bad", parts);
      ++loaded;
    } catch (const Error&) {
      ++refused;
      CHECK(equal(layer.weight.detach(), before));
    }
  }
  MESSAGE(loaded << " loaded, " << refused << " refused");
}
