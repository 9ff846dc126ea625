/// A trainer that is killed by `kill -9`, again and again, at moments that nobody chooses: does it
/// end with the bits of one that never was?
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"

using namespace kindling;
namespace fs = std::filesystem;

constexpr int steps = 60, kills = 8, allowed = 7;  // steps a trainer may take before it is killed

static void send(int pipe, int bytes) {
  const std::string text(static_cast<std::size_t>(bytes), '.');
  if (write(pipe, text.data(), text.size()) != std::ssize(text)) _exit(1);
}
static void receive(int pipe, int bytes) {
  for (char byte; bytes > 0; --bytes)
    if (read(pipe, &byte, 1) != 1) _exit(1);
}

/// What the trainer's main() would be. It asks before each step, and tells when it has saved.
static void train(const fs::path& saved, bool weights_only, int ask, int tell) {
  manual_seed(123);
  nn::Sequential model;
  model.append<nn::Linear>(64, 32).append<nn::ReLU>().append<nn::Dropout>(0.2).append<nn::Linear>(
      32, 10);
  optim::Adam optimizer(model.parameters(), {.lr = 0.01});
  data::DataLoader loader(data::digits(), {.batch_size = 64, .shuffle = true, .num_workers = 2});
  const Checkpoint run{.model = &model, .optimizer = &optimizer, .loader = &loader};

  Metadata notes = {{"step", "0"}};
  if (fs::exists(saved) && weights_only)
    model.load_state_dict(load_safetensors(saved, &notes));
  else if (fs::exists(saved))
    notes = load_checkpoint(saved, run);
  int step = std::stoi(notes["step"]);
  while (step < steps) {
    for (const auto& [x, y] : loader) {  // [64, 64], [64]
      receive(ask, 1);
      const Tensor loss = nn::cross_entropy(model(x), y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      notes["step"] = std::to_string(++step);
      if (weights_only)
        save_safetensors(saved, model.state_dict(), notes);
      else
        save_checkpoint(saved, run, notes);
      send(tell, 1);
      if (step == steps) break;
    }
  }
  save_safetensors(saved.string() + ".end", model.state_dict());
}

/// Starts a trainer, and kills it if `is_killed`. \return whether it came to its end
static bool start(const fs::path& saved, bool weights_only, bool is_killed) {
  int ask[2], tell[2];
  if (pipe(ask) != 0 || pipe(tell) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    close(ask[1]);
    close(tell[0]);
    try {
      train(saved, weights_only, ask[0], tell[1]);
      _exit(0);
    } catch (const std::exception& error) {
      fmt::print(stderr, "trainer: {}\n", error.what());
      _exit(1);
    }
  }
  close(ask[0]);
  close(tell[1]);
  send(ask[1], is_killed ? allowed : steps);
  if (is_killed) {
    receive(tell[0], allowed - 2);
    // Somewhere in the last two steps: from 1 µs to 33 ms, on fast disks and on slow ones.
    std::this_thread::sleep_for(std::chrono::microseconds(1 << std::random_device()() % 16));
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(ask[1]);
  close(tell[0]);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// The bytes of the weights that a trainer ends with, who was killed `times` before.
static std::string end_of_training(const fs::path& saved, bool weights_only, int times) {
  int ended = 0;
  for (int i = 0; i < times; ++i) ended += start(saved, weights_only, true);
  const bool is_done = start(saved, weights_only, false);
  check(ended == 0 && is_done,
        "killed: expected a trainer that dies when it is killed, and ends "
        "when it is not");
  std::ifstream file(saved.string() + ".end", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int main() {
  const fs::path folder = fs::temp_directory_path() / fmt::format("kindling-killed-{}", getpid());
  fs::create_directory(folder);
  const std::string whole = end_of_training(folder / "whole", false, 0);
  const std::string weights = end_of_training(folder / "weights", true, kills);
  const std::string all = end_of_training(folder / "all", false, kills);
  fmt::print("{} steps, killed {} times; the same bits as never killed?\n", steps, kills);
  fmt::print("  weights only      {}\n", weights == whole);
  fmt::print("  save_checkpoint   {}\n", all == whole);
  fs::remove_all(folder);
}
