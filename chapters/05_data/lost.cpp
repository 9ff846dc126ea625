/// Every way in which the steps of a trainer and a worker can follow each other, and whether the
/// trainer wakes: `05_data/lost`, or `05_data/lost draw` for the one that goes wrong, as SVG.
#include <fmt/ranges.h>

#include <string>
#include <vector>

/// What both threads see.
struct State {
  int ready = 0;  // batches in the queue
  bool asleep = false, has_batch = false;
  bool must_wait = false;  // what the trainer has seen when it looked
};

struct Step {
  std::string name;
  void (*run)(State&);
};
using Steps = std::vector<Step>;

static void look(State& s) { s.must_wait = s.ready == 0; }

static void sleep_or_take(State& s) {
  s.asleep = s.must_wait;
  s.has_batch = !s.must_wait;
}

static void notify(State& s) {
  if (!s.asleep) return;  // nobody hears it
  s.asleep = false;
  s.has_batch = s.ready > 0;
}

static void put(State& s) { ++s.ready; }

/// All orders of the two threads' steps; each thread keeps its own order.
static void interleave(const Steps& trainer, const Steps& worker, std::vector<std::string> names,
                       State state, int& lost) {
  if (trainer.empty() && worker.empty()) {
    lost += state.asleep;
    fmt::print("  {:<28}{}\n", fmt::format("{}", fmt::join(names, ", ")),
               state.asleep ? "sleeps for ever" : "has its batch");
    return;
  }
  for (const Steps* thread : {&trainer, &worker}) {
    if (thread->empty()) continue;
    const Steps rest(thread->begin() + 1, thread->end());
    auto more = names;
    more.push_back(thread->front().name);
    State after = state;
    thread->front().run(after);
    interleave(thread == &trainer ? rest : trainer, thread == &worker ? rest : worker, more, after,
               lost);
  }
}

static void text(int x, int y, const char* ink, const std::string& words) {
  fmt::print("<text x='{}' y='{}' font-size='14' fill='{}'>{}</text>\n", x, y, ink, words);
}

static void box(int x, int y, const char* fill, const std::string& words) {
  fmt::print("<rect x='{}' y='{}' width='116' height='36' rx='5' fill='{}' stroke='#8a8f98'/>\n", x,
             y, fill);
  text(x + 58, y + 23, "black", words);
}

static void draw() {
  fmt::print(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox=\"0 0 720 170\" "
      "font-family='Inter, sans-serif' text-anchor='middle'>\n");
  text(50, 43, "#8a8f98", "trainer");
  text(50, 113, "#8a8f98", "worker");
  box(100, 20, "#dbeafe", "look: empty");
  box(240, 90, "#fdebd0", "put");
  box(380, 90, "#fdebd0", "notify");
  box(520, 20, "#fbe0e4", "sleep");
  fmt::print(
      "<path d='M100 146 H700' stroke='#8a8f98' fill='none'/>\n"
      "<path d='M700 146 l-7 -4 v8 z' fill='#8a8f98'/>\n");
  text(676, 164, "#8a8f98", "time");
  text(438, 78, "#c4314b", "nobody is asleep yet");
  text(676, 43, "#c4314b", "for ever");
  fmt::print("</svg>\n");
}

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "draw") {
    draw();
    return 0;
  }
  int lost = 0;
  fmt::print("looking and falling asleep are two steps:\n");
  interleave({{"look", look}, {"sleep", sleep_or_take}}, {{"put", put}, {"notify", notify}}, {}, {},
             lost);
  fmt::print("  lost: {}\n", lost);

  lost = 0;
  fmt::print("wait(lock, condition) makes them one:\n");
  const auto wait = [](State& s) {
    look(s);
    sleep_or_take(s);
  };
  interleave({{"wait", wait}}, {{"put", put}, {"notify", notify}}, {}, {}, lost);
  fmt::print("  lost: {}\n", lost);
}
