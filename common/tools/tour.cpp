#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string_view>

#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/judge.h"
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

namespace {

/// Which of the learner's functions carry a program: by name where they are met first.
class Credits {
 public:
  Credits(const Places& places, const Mine& mine) : places_(places), mine_(mine) {}

  void print(std::string_view program) {
    std::string names;
    std::size_t again = 0;
    for (const Exercise& exercise : answers_in(places_, mine_, std::string(program))) {
      if (met_.insert(exercise.number).second)
        names += (names.empty() ? "" : ", ") + functions_of(exercise);
      else
        ++again;
    }
    std::string text = "of yours, this stop rests on ";
    if (names.empty() && again == 0)
      text = "none of your answers is in this stop yet";
    else if (names.empty())
      text += "what you have met above";
    else
      text += names + (again == 0 ? "" : ", and on what you have met above");
    if (again > 0) text += again == 1 ? " (1 answer)" : fmt::format(" ({} answers)", again);
    fmt::print("{}\n", green(wrap(text, text_width() - 1, 2)));
  }

 private:
  const Places& places_;
  const Mine& mine_;
  std::set<std::string> met_;
};

/// What to do about exercises: the first, the next, or nothing more.
std::string what_to_write(const Places& places) {
  const auto exercises = find_exercises(places.root);
  const bool begun = std::ranges::any_of(exercises, [&](const Exercise& exercise) {
    return std::filesystem::exists(answers_folder(places.root) / exercise.file) &&
           !is_stub(places, exercise);
  });
  return begun ? "your next exercise" : "your first exercise: write it yourself";
}

}  // namespace

int tour(const Places& places, bool on_answers) {
  std::filesystem::path programs = places.build / "chapters";
  Mine mine;
  if (on_answers) {
    std::vector<std::string> names;
    for (const Stop& stop : stops) names.emplace_back(stop.program);
    mine = build_mine(places, names);
    programs = mine.programs;
  }
  Credits credits(places, mine);
  for (const Stop& stop : stops) {
    if (!std::filesystem::exists(programs / stop.program)) {
      throw Failure(
          fmt::format("the tour needs {}, which is not there.\n"
                      "  build it:   cmake --build {} --target programs",
                      (programs / stop.program).string(), places.build.string()));
    }
  }
  fmt::print("\n{}\n{}\n", bold("Kindling: the hour, from tensors to a trained network"),
             wrap("Each stop is a program of a chapter. Read it in chapters/, change it, run it.",
                  text_width() - 1));

  const auto results = places.build / "tour";  // what the programs write
  std::filesystem::create_directories(results);
  const auto start = std::chrono::steady_clock::now();
  bool skipped = false;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    const Stop& stop = stops[i];
    fmt::print("\n{}\n{}\n\n",
               rule(fmt::format("{}/{}  {}", i + 1, stops.size(), stop.title), stop.program),
               wrap(stop.explanation, text_width() - 1));
    if (const std::string why = stop.ranks > 1 ? lacks_mpi() : ""; !why.empty()) {
      fmt::print("skipped: {}\n", why);
      skipped = true;
      continue;
    }
    const auto stop_start = std::chrono::steady_clock::now();
    const int status = run(
        {.arguments = launch_command({.ranks = stop.ranks}, {(programs / stop.program).string()}),
         .folder = results});
    if (status != 0) fail_at(stop, status, on_answers);
    fmt::print("\n{} {}\n", tick(), dim(fmt::format("{:.1f} s", seconds_since(stop_start))));
    if (on_answers) credits.print(stop.program);
  }

  fmt::print("\n{}\n", rule("the end"));
  fmt::print(
      "{}\n\nWhat now?\n\n",
      wrap(fmt::format("{} programs in {:.1f} s{}. What they wrote is in {}", stops.size(),
                       seconds_since(start), skipped ? ", but for those that were skipped" : "",
                       std::filesystem::relative(results).string()),
           text_width() - 1));
  fmt::print(
      "{}\n",
      table({{"./learn next", what_to_write(places)},
             {"./learn test", "every claim, checked"},
             {"./learn run 06_saving/digits", "a stop once more"},
             {"chapters/01_tensors/README.md", "how it is built, from the first tensor on"}}));
  return 0;
}

}  // namespace learn
