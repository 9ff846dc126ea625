#include "tools/book/chapter_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tools/book/excerpt.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace book {

namespace fs = std::filesystem;
using learn::read_file;

namespace {

std::size_t margin_of(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

std::string without_end_blanks(std::string line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
  return line;
}

bool is_gap(const std::string& line) {
  const std::string text = trimmed(line);
  return text == "…" || text == "// …" || text == "..." || text == "// ...";
}

/// Whether `whole` from line `at` on begins with `shown` from line `next` on.
bool matches(const std::vector<std::string>& shown, std::size_t next,
             const std::vector<std::string>& whole, std::size_t at, bool to_the_end) {
  for (; next < shown.size(); ++next, ++at) {
    if (is_gap(shown[next])) {
      for (std::size_t to = at; to <= whole.size(); ++to)
        if (matches(shown, next + 1, whole, to, to_the_end)) return true;
      return false;
    }
    if (at >= whole.size() || shown[next] != whole[at]) return false;
  }
  return !to_the_end || at == whole.size();
}

std::vector<std::string> clean_lines(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  for (std::string& line : lines) line = without_end_blanks(std::move(line));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::size_t empty = 0;
  while (empty < lines.size() && lines[empty].empty()) ++empty;
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(empty));
  return lines;
}

std::string indented(const std::string& text, const std::string& margin) {
  std::string out;
  for (const std::string& line : lines_of(text)) out += margin + line + "\n";
  return out;
}

std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < command.size()) {
    const std::size_t end = std::min(command.find(' ', at), command.size());
    if (end > at) words.push_back(command.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

std::vector<Block> blocks_in(const std::string& text) {
  std::vector<Block> blocks;
  Block next;  // what a comment has said of the block that follows
  std::string fence;
  std::size_t margin = 0;
  int folded = 0;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string line = trimmed(lines[i]);
    if (!fence.empty()) {
      if (line.starts_with(fence) && line.find_first_not_of(fence[0]) == line.npos) {
        next.last = i;
        blocks.push_back(std::exchange(next, {}));
        fence.clear();
      } else {
        next.text += lines[i].substr(std::min(margin, margin_of(lines[i]))) + "\n";
      }
      continue;
    }
    if (line.starts_with("<details")) ++folded;
    if (line.starts_with("</details")) --folded;
    next.folded = folded > 0;
    next.line = static_cast<int>(i) + 1;
    if (line.starts_with("```") || line.starts_with("~~~")) {
      fence = line.substr(0, line.find_first_not_of(line[0]));
      next.language = trimmed(line.substr(fence.size()));
      margin = margin_of(lines[i]);
      next.first = i + 1;
      continue;
    }
    for (const char* kind : {"code", "output", "figure"})
      if (const std::string mark = std::string("<!-- ") + kind + ":";
          line.starts_with(mark) && line.ends_with("-->")) {
        next.kind = kind;
        next.source = trimmed(line.substr(mark.size(), line.size() - mark.size() - 3));
      }
    if (const std::size_t image = line.find("]("); line.starts_with("![") && image != line.npos) {
      next.image = line.substr(image + 2, line.find_first_of(" )", image + 2) - image - 2);
      blocks.push_back(std::exchange(next, {}));
    } else if (!line.empty() && !line.starts_with("<!--")) {
      next = {};
    }
  }
  return blocks;
}

Origin origin_of(const Block& block) {
  const std::size_t space = std::min(block.source.find(' '), block.source.size());
  return {block.source.substr(0, space), trimmed(block.source.substr(space))};
}

std::string Truth::code(const Block& block) const {
  const Origin origin = origin_of(block);
  if (!fs::is_regular_file(root_ / origin.file))
    throw std::runtime_error("there is no file " + origin.file);
  return excerpt(read_file(root_ / origin.file), origin.part);
}

bool Truth::needs_simulator(const std::string& command) const {
  const std::string run = "./learn run ";
  return command.starts_with(run) &&
         fs::exists(root_ / "chapters" / (words_of(command.substr(run.size()))[0] + ".cu"));
}

const std::string& Truth::output(const std::string& command) {
  if (const auto known = outputs_.find(command); known != outputs_.end()) return known->second;
  const std::string with = " with ";
  const std::size_t answered = command.find(with);
  std::vector<std::string> words = words_of(command.substr(0, answered));
  const bool ours = words.size() >= 3 && words[0] == "./learn";
  learn::Command program{.arguments = {}, .folder = root_};
  if (ours && words[1] == "run") {
    program.arguments.assign(words.begin() + 2, words.end());
    program.arguments[0] = (build_ / "chapters" / words[2]).string();
  } else if (ours && words[1] == "test" && words[2].find('.') != std::string::npos) {
    // The proofs that the exercises' tests are good have built these: on the stub, and on wrong
    // answers.
    fs::path variant = "stub";
    if (answered != command.npos) variant = fs::path(command.substr(answered + with.size())).stem();
    program.arguments = {(build_ / "proof" / words[2] / variant).string()};
  } else if (ours && words[1] == "hint") {
    program.arguments = words;
    program.arguments[0] = (build_ / "learn").string();
  } else {
    throw std::runtime_error(
        "expected the output of `./learn run PROGRAM`, `./learn test n.m` or "
        "`./learn hint n.m --level 1`, got " +
        command);
  }
  if (!fs::exists(program.arguments[0]))
    throw std::runtime_error(program.arguments[0] + " has not been built");
  const learn::Outcome outcome = learn::capture(program);
  if (outcome.status != 0 && words[1] == "run")
    throw std::runtime_error(fmt::format("{} ended with {}:\n{}", command,
                                         learn::describe_status(outcome.status), outcome.output));
  std::string text = outcome.output;
  while (text.starts_with('\n')) text.erase(0, 1);
  return outputs_[command] = text;
}

bool is_part(const std::string& shown, const std::string& whole, bool of_its_beginning_and_end) {
  const auto part = clean_lines(shown), all = clean_lines(whole);
  if (part.empty()) return all.empty();
  if (of_its_beginning_and_end) return matches(part, 0, all, 0, true);
  for (std::size_t at = 0; at <= all.size(); ++at)
    if (matches(part, 0, all, at, false)) return true;
  return false;
}

std::vector<Complaint> check_chapter(const fs::path& file, Truth& truth, bool outputs) {
  std::vector<Complaint> complaints;
  const std::string name = fs::proximate(file, truth.root()).string();
  const std::vector<Block> blocks = blocks_in(read_file(file));
  // A chapter that has begun to take its code from files takes all of it from there, but for hints.
  const bool strict =
      std::ranges::any_of(blocks, [](const Block& b) { return b.kind == "code" && !b.folded; });
  for (const Block& block : blocks) {
    const auto complain = [&](const std::string& what) {
      complaints.push_back({fmt::format("{}:{}", name, block.line), what});
    };
    try {
      if (block.kind == "code") {
        const std::string code = truth.code(block);
        if (!is_part(block.text, code, true))
          complain(fmt::format("expected {}\n{}got\n{}", block.source, indented(code, "    "),
                               indented(block.text, "    ")));
      } else if (block.kind == "output" && outputs && truth.needs_simulator(block.source) &&
                 std::string(KINDLING_CUDA_MODE) != "simulated") {
        fmt::print("skipped: {}:{}, what the simulator says (KINDLING_CUDA={})\n", name, block.line,
                   KINDLING_CUDA_MODE);
      } else if (block.kind == "output" && outputs) {
        const std::string& output = truth.output(block.source);
        if (!is_part(block.text, output, false))
          complain(fmt::format("expected a part of the output of {}\n{}got\n{}", block.source,
                               indented(output, "    "), indented(block.text, "    ")));
      } else if (strict && block.kind.empty() && block.language == "cpp" && !block.folded) {
        complain(
            "expected <!-- code: FILE NAME --> above this block, as others of this chapter have");
      }
    } catch (const std::exception& error) {
      complain(fmt::format("{} {}: {}", block.kind, block.source, error.what()));
    }
  }
  return complaints;
}

int update_chapter(const fs::path& file, Truth& truth) {
  const std::string text = read_file(file);
  std::vector<std::string> lines = lines_of(text);
  std::vector<Block> blocks = blocks_in(text);
  int changed = 0;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {  // later lines first
    std::string truly;
    if (block->kind == "code") {
      truly = truth.code(*block);
      if (is_part(block->text, truly, true)) continue;
    } else if (block->kind == "output") {
      truly = truth.output(block->source);
      if (is_part(block->text, truly, false)) continue;
      if (!trimmed(block->text).empty()) {
        fmt::print(
            "{}:{}: the output of {} has changed, and which part to show is yours to say:\n{}",
            file.string(), block->line, block->source, indented(truly, "    "));
        continue;
      }
    } else {
      continue;
    }
    const std::string margin(margin_of(lines[block->first - 1]), ' ');
    std::vector<std::string> fresh = lines_of(truly);
    for (std::string& line : fresh) line = line.empty() ? line : margin + line;
    const auto at = lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(block->first),
                                lines.begin() + static_cast<std::ptrdiff_t>(block->last));
    lines.insert(at, fresh.begin(), fresh.end());
    ++changed;
  }
  if (changed == 0) return 0;
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  learn::write_file(file, out);
  return changed;
}

std::vector<std::string> commands_in(const std::string& text) {
  std::vector<std::string> found;
  bool fenced = false;
  for (const std::string& line : lines_of(text)) {
    if (trimmed(line).starts_with("```")) fenced = !fenced;
    for (std::size_t at = line.find("./learn"); at != line.npos;
         at = line.find("./learn", at + 1)) {
      // Within a line of code, or at the beginning of one: `./learn hint 3.2`.
      const bool quoted = at > 0 && line[at - 1] == '`';
      const std::string before = trimmed(line.substr(0, at));
      if (!quoted && !(fenced && (before.empty() || before == "$"))) continue;
      std::size_t end = std::min(line.find('`', at), line.size());
      for (const char* mark : {"  ", " #", " ("}) end = std::min(end, line.find(mark, at));
      const std::string command = trimmed(line.substr(at, end - at));
      if (std::ranges::find(found, command) == found.end()) found.push_back(command);
    }
  }
  return found;
}

}  // namespace book
