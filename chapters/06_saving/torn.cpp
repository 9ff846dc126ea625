/// The itch: a program dies while it writes its weights. What stands on the disk then, after three
/// ways of writing?
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "kindling/ops.h"
#include "kindling/serialize.h"

using namespace kindling;
namespace fs = std::filesystem;

static const fs::path path = "model.safetensors";

/// The bytes of a model of 1,000 weights, all of them `value`.
static std::string bytes_of_model(float value) {
  save_safetensors("other.safetensors", {{"w", full({1000}, value)}});
  std::ifstream file("other.safetensors", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static void write_anew(const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), std::ssize(bytes));
}

static void write_over(const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.write(bytes.data(), std::ssize(bytes));
}

/// Runs `write` in a process of its own, which the system kills when a file that it writes becomes
/// longer than `limit` bytes. \return whether it was killed
static bool dies_at(rlim_t limit, const std::function<void()>& write) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit no_core{0, 0}, bytes{limit, limit};
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_FSIZE, &bytes);
    signal(SIGXFSZ, SIG_DFL);
    write();
    _exit(0);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

/// The old weights are all 1, the new ones all 2.
static void look(const char* how) {
  fmt::print("{}, killed\n  {} bytes; ", how, fs::file_size(path));
  try {
    const Tensor w = load_safetensors(path)[0].second;  // [1000]
    fmt::print("it loads, with {} old weights and {} new ones\n", sum(w == 1).item(),
               sum(w == 2).item());
  } catch (const Error& error) {
    fmt::print("{}\n", error.what());
  }
}

int main() {
  const fs::path folder = fs::temp_directory_path() / fmt::format("kindling-torn-{}", getpid());
  fs::create_directory(folder);
  fs::current_path(folder);
  const std::string old_bytes = bytes_of_model(1), new_bytes = bytes_of_model(2);
  const rlim_t limit = new_bytes.size() - 2000;  // 500 weights are not written any more
  int killed = 0;

  write_anew(old_bytes);
  fmt::print("the old file\n  {} bytes\n", fs::file_size(path));
  killed += dies_at(limit, [&] { write_anew(new_bytes); });
  look("written anew");

  write_anew(old_bytes);
  killed += dies_at(limit, [&] { write_over(new_bytes); });
  look("written over the old one");

  write_anew(old_bytes);
  const Tensor w = full({1000}, 2.0f);
  killed += dies_at(limit, [&] { save_safetensors(path, {{"w", w}}); });
  look("save_safetensors");
  fmt::print("{} of 3 were killed\n", killed);

  fs::current_path(folder.parent_path());
  fs::remove_all(folder);
}
