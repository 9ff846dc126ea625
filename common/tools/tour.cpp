#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string_view>

#include "tools/commands.h"
#include "tools/launch.h"
#include "tools/process.h"
#include "tools/terminal.h"

namespace learn {
namespace {

struct Stop {
  std::string_view program;  // chapters/<program>.cpp
  std::string_view title;
  std::string_view explanation;  // fits on one line
  int ranks = 1;
};

constexpr std::array stops = {
    Stop{"01_tensors/hour", "Tensors",
         "Numbers in a grid: types, shapes, views that share memory, a matrix product."},
    Stop{"02_autograd/hour", "Autograd",
         "The computation is remembered as a graph, and walked back for derivatives."},
    Stop{"03_modules/hour", "Modules",
         "Layers with named parameters, put together into a network of 2213 weights."},
    Stop{"04_training/hour", "Training",
         "Predict, measure the loss, step downhill, repeat: the network learns."},
    Stop{"05_data/hour", "Data",
         "A data set of one's own, shuffled and served in batches by a loader."},
    Stop{"06_saving/hour", "Saving",
         "The trained weights go to a file, and a fresh network reads them back."},
    Stop{"06_saving/digits", "The real thing",
         "All of it together: a network learns to read real handwritten digits."},
    Stop{"07_gpu/hour", "The GPU",
         "The same network on cuda: a GPU, or the simulator that stands in for one."},
    Stop{"08_distributed/hour", "Several ranks",
         "Two processes, each with its part of the data, train one network.", 2},
    Stop{"08_distributed/digits", "The real thing, twice",
         "Two processes learn to read the digits together, and come to the same weights.", 2},
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

[[noreturn]] void fail_at(const Stop& stop, int status, bool mine) {
  if (was_stopped(status))
    throw Failure(fmt::format("the tour was stopped in {}", stop.program), status);
  const std::string_view chapter = stop.program.substr(0, 2);
  throw Failure(
      fmt::format("{} ended with {}, expected 0. What it said is above.\n"
                  "  run it alone:       ./learn run {}\n"
                  "  test its chapter:   ./learn test {}{}",
                  stop.program, describe_status(status), stop.program,
                  chapter.substr(chapter[0] == '0' ? 1 : 0), mine ? "" : " --reference"));
}

}  // namespace

int tour(const Places& places, bool mine) {
  std::filesystem::path programs = places.build / "chapters";
  if (mine) {
    std::vector<std::string> names;
    for (const Stop& stop : stops) names.emplace_back(stop.program);
    programs = build_mine(places, names);
  }
  for (const Stop& stop : stops) {
    if (!std::filesystem::exists(programs / stop.program)) {
      throw Failure(
          fmt::format("the tour needs {}, which is not there.\n"
                      "  build it:   cmake --build {} --target programs",
                      (programs / stop.program).string(), places.build.string()));
    }
  }
  fmt::print(
      "\n{}\nEach stop is a program of a chapter. Read it in chapters/, change it, run it.\n",
      bold("Kindling: the hour, from tensors to a trained network"));

  const auto results = places.build / "tour";  // what the programs write
  std::filesystem::create_directories(results);
  const auto start = std::chrono::steady_clock::now();
  bool skipped = false;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    const Stop& stop = stops[i];
    fmt::print("\n{}\n{}\n\n",
               rule(fmt::format("{}/{}  {}", i + 1, stops.size(), stop.title), stop.program),
               stop.explanation);
    if (const std::string why = stop.ranks > 1 ? lacks_mpi() : ""; !why.empty()) {
      fmt::print("skipped: {}\n", why);
      skipped = true;
      continue;
    }
    const auto stop_start = std::chrono::steady_clock::now();
    const int status = run(
        {.arguments = launch_command({.ranks = stop.ranks}, {(programs / stop.program).string()}),
         .folder = results});
    if (status != 0) fail_at(stop, status, mine);
    fmt::print("\n{} {}\n", tick(), dim(fmt::format("{:.1f} s", seconds_since(stop_start))));
  }

  fmt::print("\n{}\n", rule("the end"));
  fmt::print("{} programs in {:.1f} s{}. What they wrote is in {}\nWhat now?\n\n", stops.size(),
             seconds_since(start), skipped ? ", but for those that were skipped" : "",
             std::filesystem::relative(results).string());
  const auto suggest = [](std::string_view what, std::string_view why) {
    fmt::print("  {}{}\n", bold(fmt::format("{:<32}", what)), why);
  };
  suggest("./learn next", "your first exercise: write it yourself");
  suggest("./learn test", "every claim, checked");
  suggest("./learn run 06_saving/digits", "a stop once more");
  suggest("chapters/01_tensors/README.md", "how it is built, from the first tensor on");
  fmt::print("\n");
  return 0;
}

}  // namespace learn
