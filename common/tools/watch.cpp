#include <fmt/format.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <thread>

#include "tools/exercises.h"
#include "tools/judge.h"
#include "tools/keyboard.h"
#include "tools/learner.h"
#include "tools/lookup.h"
#include "tools/next_exercise.h"
#include "tools/terminal.h"

/// ./learn watch: a verdict whenever an answer is saved.
namespace learn {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

/// What tells that a file was saved. It is looked at ten times a second, which works on every file
/// system, also where nobody tells of changes, as on a network's.
struct Look {
  std::optional<std::string> text;  // none: there is no such file
  fs::file_time_type time;
  bool operator==(const Look&) const = default;
};

Look look_at(const fs::path& file) {
  Look look;
  std::error_code error;
  look.time = fs::last_write_time(file, error);
  if (error) return {};
  try {
    look.text = read_file(file);
  } catch (const std::exception&) {  // an editor is just replacing it
    return {};
  }
  return look;
}

class Watch {
 public:
  Watch(const Places& places, const std::string& number)
      : places_(places), exercises_(find_exercises(places.root)), stays_(!number.empty()) {
    if (stays_) current_ = find_exercise(exercises_, number, "watch");
    states_ = states_of(places_, exercises_);
    if (!stays_) current_ = next_exercise(places_, exercises_, states_);
  }

  int run() {
    if (current_ == exercises_.size()) {
      print_all_solved();
      return 0;
    }
    if (Keyboard::is_there()) keyboard_.emplace();
    judge_it();
    while (!over_) {
      if (!keyboard_ && !stays_ && states_[current_] == State::passing) {
        go_on();  // as there is nobody to press a key
      } else if (wait_for_key_or_save()) {
        judge_it();
      }
    }
    return 0;
  }

 private:
  const Exercise& exercise() const { return exercises_[current_]; }
  fs::path file() const { return answers_folder(places_.root) / exercise().file; }

  void judge_it() {
    seen_ = look_at(file());
    if (keyboard_) scroll_away();
    states_[current_] = judge(places_, exercise());
    mark_in_book(places_, exercises_, states_);
    const bool passes = states_[current_] == State::passing;
    if (passes) celebrate();
    print_foot(!passes);
  }

  void celebrate() const {
    print_solved(exercises_, states_, current_);
    const std::size_t next = next_after(exercises_, states_, current_);
    if (next == exercises_.size())
      print_all_solved();
    else
      fmt::print("\nNext: {}{}\n",
                 bold(fmt::format("{}  {}", exercises_[next].number, exercises_[next].title)),
                 keyboard_ ? "; press n" : "");
  }

  /// What stands on the screen goes up into what can be scrolled back to: nothing is erased.
  void scroll_away() const {
    if (!can_draw()) return;
    fmt::print("{}\x1b[H\x1b[J", std::string(terminal_rows(), '\n'));
  }

  void print_foot(bool with_bar = true) const {
    fmt::print("\n");
    if (const Tally tally = count(exercises_, states_); with_bar)
      fmt::print("{} {} of {}  ", bar(tally.solved, tally.all, 20), tally.solved, tally.all);
    fmt::print("{}\n", dim(fmt::format("watching exercises/{}{}", exercise().file,
                                       keyboard_ ? "" : "; Ctrl-C ends")));
    if (keyboard_) {
      std::string keys;
      for (const auto& [key, what] : {std::pair{"n", "next"},
                                      {"h", "hint"},
                                      {"l", "list"},
                                      {"r", "reset"},
                                      {"q", "quit"},
                                      {"?", "help"}})
        keys +=
            fmt::format("{}{} {}", keys.empty() ? "" : fmt::format(" {} ", dot()), bold(key), what);
      fmt::print("{}\n", wrap(keys, text_width() - 1));
    }
    std::fflush(stdout);
  }

  /// True if the answer is to be judged again.
  bool wait_for_key_or_save() {
    if (keyboard_) {
      const char key = keyboard_->key(100ms);
      if (keyboard_->must_redraw()) redraw_at_ = std::chrono::steady_clock::now() + 300ms;
      if (redraw_at_ && std::chrono::steady_clock::now() > *redraw_at_) {  // the window is at rest
        redraw_at_.reset();
        print_foot();
      }
      if (key != Keyboard::none) return press(key);
    } else {
      std::this_thread::sleep_for(100ms);
    }
    Look now = look_at(file());
    if (now == seen_) return false;
    for (Look before; before != now; now = look_at(file())) {  // the editor may still be writing
      before = now;
      std::this_thread::sleep_for(50ms);
    }
    return true;
  }

  bool press(char key) {
    switch (std::tolower(static_cast<unsigned char>(key))) {
      case 'n':
        go_on();
        return false;
      case 'h':
        hint(places_, exercise().number, 0);
        print_foot();
        return false;
      case 'l':
        return pick_from_list();
      case 'r':
        return ask_and_reset();
      case 't':
        return true;
      case 'q':
      case Keyboard::closed:
        over_ = true;
        return false;
      case '?':
        print_keys();
        print_foot();
        return false;
      default:
        return false;
    }
  }

  static void print_keys() {
    fmt::print("\n{}",
               table({{"n", "goes on to the next exercise that is not solved yet"},
                      {"h", "gives the next of this exercise's three hints"},
                      {"l", "lists every exercise, and goes to the one that you name"},
                      {"r", "puts the stub back, and keeps what you had written; asks first"},
                      {"t", "tests your answer again; saving the file does the same"},
                      {"q", "quits, as Ctrl-C does; Ctrl-Z lets you use the shell, fg comes back"},
                      {"?", "this"}}));
  }

  void go_on() {
    states_ = states_of(places_, exercises_);  // others may have been saved meanwhile
    const std::size_t next = next_after(exercises_, states_, current_);
    if (next == exercises_.size()) {
      print_all_solved();
      over_ = true;
    } else {
      if (next == current_) fmt::print("\nAll others are solved; this one is the last.\n");
      go_to(next);
    }
  }

  void go_to(std::size_t index) {
    current_ = index;
    judge_it();
  }

  bool pick_from_list() {
    progress(places_);
    const std::string answer =
        keyboard_->ask("\nGo to which exercise? Its number, or Enter to stay: ");
    const std::size_t begin = answer.find_first_not_of(" \t");
    if (begin != answer.npos) {
      const std::string number = answer.substr(begin, answer.find_last_not_of(" \t\r") + 1 - begin);
      for (std::size_t i = 0; i < exercises_.size(); ++i)
        if (exercises_[i].number == number) {
          go_to(i);
          return false;
        }
      fmt::print("{} There is no exercise {}.\n", cross(), number);
    }
    print_foot();
    return false;
  }

  bool ask_and_reset() {
    const std::string answer = keyboard_->ask(
        "\nPut the stub back? What you have written is kept in exercises/.kept. [y/N] ");
    if (answer.empty() || std::tolower(static_cast<unsigned char>(answer[0])) != 'y') {
      print_foot();
      return false;
    }
    reset(places_, exercise().number);
    return true;
  }

  Places places_;
  std::vector<Exercise> exercises_;
  std::vector<State> states_;
  std::size_t current_ = 0;
  bool stays_;  // with the exercise that was named, where there are no keys to go on with
  bool over_ = false;
  Look seen_;  // the answer that was judged last
  std::optional<Keyboard> keyboard_;
  std::optional<std::chrono::steady_clock::time_point> redraw_at_;
};

}  // namespace

int watch(const Places& places, const std::string& number) { return Watch(places, number).run(); }

}  // namespace learn
