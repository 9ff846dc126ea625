#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// What a chapter's text promises, and whether it is true: its blocks of code are the files', its
/// outputs are the programs', its commands exist.
namespace book {

/// A fenced block, or an image, and the comment above it that says where it comes from:
///
///     <!-- code: solutions/01_tensors/strides.cpp row_major_strides -->
///     <!-- output: ./learn run 01_tensors/hour -->
///     <!-- figure: ./learn run 02_autograd/neuron -->
struct Block {
  std::string kind;      ///< "code", "output", "figure"; empty without a comment
  std::string source;    ///< what follows the colon
  std::string language;  ///< of a fence
  std::string text;      ///< of a fence, without the margin that it stands at
  std::string image;     ///< of an image, its path
  int line = 0;          ///< of the fence or image, counted from 1
  std::size_t first = 0,
              last = 0;  ///< the lines between the fences, counted from 0; `last` is behind them
  bool folded = false;   ///< within <details>: a hint
};
std::vector<Block> blocks_in(const std::string& text);

/// A file and a part of it, as in <!-- code: FILE PART -->.
struct Origin {
  std::string file, part;
};
Origin origin_of(const Block& block);

/// A difference between a chapter and what it shows, ready to be read.
struct Complaint {
  std::string place;  ///< "chapters/01_tensors/README.md:120"
  std::string what;
};

/// Where the checkout and the programs are. The output of a command is computed once.
class Truth {
 public:
  Truth(std::filesystem::path root, std::filesystem::path build)
      : root_(std::move(root)), build_(std::move(build)) {}
  const std::filesystem::path& root() const { return root_; }

  std::string code(const Block& block) const;
  /// Whether it runs a program of kernels, chapters/NAME.cu, whose output is what the simulator
  /// says.
  bool needs_simulator(const std::string& command) const;
  /// What `./learn run …`, or `./learn test n.m` on the stub or `with tests/mutants/…`, prints.
  /// \throws std::runtime_error for other commands, and for those that fail
  const std::string& output(const std::string& command);

 private:
  std::filesystem::path root_, build_;
  std::map<std::string, std::string> outputs_;
};

/// Whether `shown` is `whole`, or lines of it that follow each other. A line "…" or "// …" of
/// `shown` stands for any number of lines; blanks at the ends of lines do not count.
bool is_part(const std::string& shown, const std::string& whole, bool of_its_beginning_and_end);

/// Everything in the chapter that is not so. `outputs`: its outputs as well, for which the programs
/// are run.
std::vector<Complaint> check_chapter(const std::filesystem::path& file, Truth& truth, bool outputs);

/// Rewrites the chapter's blocks of code, and those outputs that have changed and are shown whole.
/// Returns how many blocks changed.
int update_chapter(const std::filesystem::path& file, Truth& truth);

/// Every `./learn …` in the text, in the order in which it comes, each once.
std::vector<std::string> commands_in(const std::string& text);

}  // namespace book
