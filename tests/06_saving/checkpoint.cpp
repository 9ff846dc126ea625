#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/serialize.h"
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
