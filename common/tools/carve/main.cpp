/// carve: makes exercises/ from solutions/. See carver.h for what it does to a file.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <vector>

#include "tools/carve/carver.h"
#include "tools/exercises.h"

namespace fs = std::filesystem;
using kindling::carve::fingerprint;
using learn::read_file;
using learn::write_file;

/// The stub that each exercise file had when it was carved, by fingerprint: how we know that nobody
/// has written in it since.
using Stubs = std::map<std::string, std::string>;

static Stubs read_stubs(const fs::path& file) {
  Stubs stubs;
  std::ifstream in(file);
  for (std::string hash, path; in >> hash >> path;) stubs[path] = hash;
  return stubs;
}

static std::string to_text(const Stubs& stubs) {
  std::string text;
  for (const auto& [path, hash] : stubs) text += hash + "  " + path + "\n";
  return text;
}

int main(int argc, char** argv) {
  CLI::App app{
      "Makes exercises/ from solutions/: functions tagged \\exercise{n.m} lose their bodies.\n"
      "A file that somebody has written in is never touched.",
      "carve"};
  fs::path root = ".";
  bool check = false;
  std::vector<fs::path> one;
  app.add_option("--root", root, "the repository")->check(CLI::ExistingDirectory);
  app.add_flag("--check", check,
               "write nothing; fail if exercises/ is not what solutions/ would give");
  app.add_option(
         "--answer", one,
         "SOLUTION ANSWER OUT: write only the solution with that answer's functions in place "
         "of its own;\nwith - for ANSWER, the stub")
      ->expected(3);
  CLI11_PARSE(app, argc, argv);

  try {
    if (!one.empty()) {
      const std::string solution = read_file(one[0]);
      try {
        write_file(one[2], one[1] == "-"
                               ? kindling::carve::carve(solution).text
                               : kindling::carve::with_other_answer(solution, read_file(one[1])));
      } catch (const std::exception& e) {
        throw std::runtime_error(one[1].string() + ": " + e.what());
      }
      return 0;
    }
    const fs::path manifest = root / "exercises/.stubs";
    const Stubs before = read_stubs(manifest);
    Stubs after;
    int drifted = 0, written = 0;
    const auto report = [&](const std::string& what, const std::string& path) {
      std::cout << what << "  exercises/" << path << "\n";
    };
    for (const auto& entry : fs::recursive_directory_iterator(root / "solutions")) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".cu" && extension != ".h") continue;
      const std::string path = fs::relative(entry.path(), root / "solutions").generic_string();
      std::string stub;
      try {
        const kindling::carve::Carved carved = kindling::carve::carve(read_file(entry.path()));
        if (carved.exercises.empty()) continue;
        stub = carved.text;
      } catch (const std::exception& e) {
        throw std::runtime_error("solutions/" + path + ": " + e.what());
      }
      after[path] = fingerprint(stub);
      const fs::path target = root / "exercises" / path;
      const bool exists = fs::exists(target);
      const std::string here = exists ? read_file(target) : "";
      if (exists && here == stub) continue;
      const bool untouched =
          !exists || (before.contains(path) && fingerprint(here) == before.at(path));
      if (check) {
        report(!exists ? "missing " : untouched ? "old stub" : "differs ", path);
        ++drifted;
      } else if (untouched) {
        write_file(target, stub);
        report(exists ? "renewed" : "carved ", path);
        ++written;
      } else {
        report("kept   ", path + " (somebody has written in it)");
        after[path] =
            before.contains(path) ? before.at(path) : "-";  // still the stub that it was made from
      }
    }
    for (const auto& [path, hash] : before) {
      const fs::path target = root / "exercises" / path;
      if (after.contains(path) || !fs::exists(target)) continue;
      if (check) {
        report("orphan  ", path);
        ++drifted;
      } else if (fingerprint(read_file(target)) == hash) {
        fs::remove(target);
        report("removed", path);
      } else {
        report("kept   ", path + " (its solution is gone, but somebody has written in it)");
      }
    }
    if (check) {
      if (after != before && drifted == 0) {
        std::cout << "differs   exercises/.stubs\n";
        ++drifted;
      }
      if (drifted == 0) return 0;
      std::cout
          << "\nexercises/ is not what solutions/ would give: run `carve`, and commit both.\n";
      return 1;
    }
    if (after != before) write_file(manifest, to_text(after));
    std::cout << written << " files written, " << after.size() << " in all\n";
  } catch (const std::exception& e) {
    std::cerr << "carve: " << e.what() << "\n";
    return 1;
  }
}
