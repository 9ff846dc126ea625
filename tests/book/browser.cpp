/// The book in a browser: search, dark mode, hints, the drawer of a phone, turning pages, and that
/// nothing scrolls sideways at 390 pixels. Chromium is driven over its DevTools pipe; where there
/// is none, this says so. KINDLING_PICTURES=folder keeps pictures of the pages, light, dark and on
/// a phone.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/process.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const fs::path book = fs::path(KINDLING_BINARY_DIR) / "tests/book";

std::string chromium() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"})
    if (learn::on_path(name)) return name;
  return "";
}

/// One page of a headless browser.
class Browser {
 public:
  Browser()
      : profile_(fs::temp_directory_path() / ("kindling_browser_" + std::to_string(getpid()))) {
    int to[2], from[2];
    REQUIRE(pipe(to) == 0);
    REQUIRE(pipe(from) == 0);
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      setpgid(0, 0);
      // The browser reads commands from 3 and answers on 4; first out of the way of each other.
      const int in = fcntl(to[0], F_DUPFD, 10), out = fcntl(from[1], F_DUPFD, 10);
      dup2(in, 3);
      dup2(out, 4);
      const int nowhere = open("/dev/null", O_RDWR);
      dup2(nowhere, 0);
      dup2(nowhere, 1);
      dup2(nowhere, 2);
      const std::string profile = "--user-data-dir=" + profile_.string(), program = chromium();
      execlp(program.c_str(), program.c_str(), "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--remote-debugging-pipe", profile.c_str(),
             "about:blank", nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
    const json target = send("Target.createTarget", {{"url", "about:blank"}});
    session_ = send("Target.attachToTarget",
                    {{"targetId", target["targetId"]}, {"flatten", true}})["sessionId"];
    for (const char* domain : {"Page.enable", "Runtime.enable", "Network.enable", "Log.enable"})
      send(domain);
  }
  ~Browser() {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(to_);
    close(from_);
    std::error_code error;
    fs::remove_all(profile_, error);
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void size(int width, int height) {
    const bool phone = width < 600;
    send("Emulation.setDeviceMetricsOverride",
         {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", phone}});
    width_ = width;
  }
  /// How the page is looked at: on a screen that is dark or not, or on paper.
  void dark(bool on, const char* medium = "") {
    send("Emulation.setEmulatedMedia",
         {{"media", medium},
          {"features",
           json::array({{{"name", "prefers-color-scheme"}, {"value", on ? "dark" : "light"}}})}});
  }

  void visit(const std::string& page) {
    loaded_ = false;
    send("Page.navigate", {{"url", "file://" + (book / page).string()}});
    while (!loaded_) read();
    evaluate("document.fonts.ready.then(() => 0)");
  }
  /// The value of an expression in the page, which may be a promise.
  json evaluate(const std::string& expression) {
    const json answer =
        send("Runtime.evaluate",
             {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
    if (answer.contains("exceptionDetails"))
      throw std::runtime_error(expression + ": " + answer["exceptionDetails"].dump());
    return answer["result"].value("value", json());
  }
  bool is(const std::string& expression) {
    const json value = evaluate(expression);
    return value.is_boolean() && value.get<bool>();
  }
  /// Waits until it is so, for at most ten seconds.
  bool becomes(const std::string& expression) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < until) {
      try {
        if (is(expression)) return true;
      } catch (const std::runtime_error&) {  // the page was just being left
      }
      usleep(30000);
    }
    return false;
  }
  void press(const std::string& key, const std::string& text = "") {
    json event = {{"type", text.empty() ? "rawKeyDown" : "keyDown"}, {"key", key}, {"code", key}};
    if (!text.empty()) event["text"] = text;
    if (key == "Enter")
      event.update({{"type", "keyDown"}, {"windowsVirtualKeyCode", 13}, {"text", "\r"}});
    if (key == "Escape") event["windowsVirtualKeyCode"] = 27;
    send("Input.dispatchKeyEvent", event);
    event["type"] = "keyUp";
    event.erase("text");
    send("Input.dispatchKeyEvent", event);
  }
  void type(const std::string& text) { send("Input.insertText", {{"text", text}}); }

  /// A picture of the whole page, up to `most` pixels long, if pictures are asked for.
  void picture(const std::string& name, int most = 3200, int from = 0) {
    const char* folder = std::getenv("KINDLING_PICTURES");
    if (!folder || !*folder) return;
    const int height =
        std::min(most, evaluate("document.documentElement.scrollHeight").get<int>() - from);
    const json answer = send(
        "Page.captureScreenshot",
        {{"captureBeyondViewport", true},
         {"clip", {{"x", 0}, {"y", from}, {"width", width_}, {"height", height}, {"scale", 1}}}});
    fs::create_directories(folder);
    std::ofstream(fs::path(folder) / (name + ".png"), std::ios::binary)
        << from_base64(answer["data"].get<std::string>());
  }

  std::vector<std::string> errors, loads;  // what pages complained of, and fetched from the network

 private:
  json send(const std::string& method, const json& parameters = json::object()) {
    const int id = ++last_;
    json message = {{"id", id}, {"method", method}, {"params", parameters}};
    if (!session_.empty()) message["sessionId"] = session_;
    const std::string text = message.dump() + '\0';
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t n = write(to_, text.data() + sent, text.size() - sent);
      if (n <= 0) throw std::runtime_error("the browser is gone");
      sent += static_cast<std::size_t>(n);
    }
    while (true) {
      json answer = read();
      if (answer.value("id", 0) != id) continue;
      if (answer.contains("error"))
        throw std::runtime_error(method + ": " + answer["error"].dump());
      return answer["result"];
    }
  }

  json read() {
    std::size_t end = 0;
    while ((end = buffer_.find('\0')) == std::string::npos) {
      pollfd ready{from_, POLLIN, 0};
      if (poll(&ready, 1, 60000) <= 0)
        throw std::runtime_error("the browser has not answered for a minute");
      std::array<char, 65536> bytes;
      const ssize_t n = ::read(from_, bytes.data(), bytes.size());
      if (n <= 0) throw std::runtime_error("the browser has ended");
      buffer_.append(bytes.data(), static_cast<std::size_t>(n));
    }
    const json message = json::parse(buffer_.substr(0, end));
    buffer_.erase(0, end + 1);
    const std::string method = message.value("method", "");
    if (method == "Page.loadEventFired") loaded_ = true;
    if (method == "Runtime.exceptionThrown")
      errors.push_back(message["params"]["exceptionDetails"].dump());
    if (method == "Log.entryAdded" && message["params"]["entry"]["level"] == "error")
      errors.push_back(message["params"]["entry"].dump());
    if (method == "Network.requestWillBeSent")
      if (const std::string url = message["params"]["request"]["url"]; url.starts_with("http"))
        loads.push_back(url);
    return message;
  }

  static std::string from_base64(const std::string& text) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
      const std::size_t digit = digits.find(c);
      if (digit == digits.npos) continue;
      bits = bits << 6 | static_cast<unsigned>(digit);
      if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xff);
    }
    return out;
  }

  fs::path profile_;
  pid_t process_ = -1;
  int to_ = -1, from_ = -1, last_ = 0, width_ = 0;
  bool loaded_ = false;
  std::string session_, buffer_;
};

/// Started once: starting takes longer than all tests.
Browser& browser() {
  static Browser one;
  return one;
}

const std::string contrast = R"((() => {
  const rgb = s => { const m = s.match(/[\d.]+/g).map(Number); return s.startsWith('color(') ? m.slice(0, 3).map(x => x * 255) : m; };
  const light = s => { const [r, g, b] = rgb(s).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const a = light(getComputedStyle(document.querySelector('article > p + p')).color), b = light(getComputedStyle(document.body).backgroundColor);
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
})())";

/// The texts that are seen and have too little contrast: what they are, and how much they have.
const std::string weak_texts = R"((() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); const p = canvas.getImageData(0, 0, 1, 1).data; return [p[0], p[1], p[2], p[3] / 255]; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const ground = e => { const own = rgba(getComputedStyle(e).backgroundColor); return own[3] === 1 || !e.parentElement ? (own[3] ? over(own, [255, 255, 255, 1]) : [255, 255, 255, 1]) : over(own, ground(e.parentElement)); };
  const opacity = e => e ? +getComputedStyle(e).opacity * opacity(e.parentElement) : 1;
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const found = new Map();
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg, .katex, .copy') || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (!e.checkVisibility() || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), seen = opacity(e), colour = rgba(style.color), under = ground(e);
    if (!seen || parseFloat(style.fontSize) === 0) continue;
    const a = light(over([colour[0], colour[1], colour[2], colour[3] * seen], under)), b = light(under);
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) found.set(e.tagName + '.' + e.className, `${contrast.toFixed(2)} "${e.textContent.trim().slice(0, 20)}"`);
  }
  return [...found].map(f => f.join(': '));
})())";

/// Names in code within a line that stand on two lines, though one has room for them.
const std::string broken_names = R"((() => {
  const found = new Set();
  for (const code of document.querySelectorAll('article :is(p, li, td, figcaption) code')) {
    const walk = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode());)
      for (const name of node.textContent.matchAll(/\w+/g)) {
        const range = document.createRange();
        range.setStart(node, name.index);
        range.setEnd(node, name.index + name[0].length);
        const parts = [...range.getClientRects()], lines = new Set(parts.map(r => Math.round(r.top)));
        const width = parts.reduce((sum, r) => sum + r.width, 0), room = code.closest('p, li, td, figcaption');
        if (lines.size > 1 && width < room.clientWidth - 12) found.add(code.textContent);
      }
  }
  return [...found];
})())";

std::vector<std::string> all_chapters() {
  std::vector<std::string> pages;
  for (const auto& entry : fs::directory_iterator(book))
    if (std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0])))
      pages.push_back(entry.path().filename());
  std::sort(pages.begin(), pages.end());
  return pages;
}

}  // namespace

TEST_CASE("the book in a browser") {
  if (chromium().empty()) {
    MESSAGE("skipped: no Chromium is installed to look at the book with");
    return;
  }
  REQUIRE_MESSAGE(fs::exists(book / "index.html"), "test_book_site builds it");
  Browser& page = browser();
  page.size(1440, 900);
  page.dark(false);

  SUBCASE("search finds words of the text, and leads to them") {
    page.visit("01_tensors.html");
    page.press("/", "/");
    CHECK(page.becomes("document.querySelector('#search').open"));
    page.type("broadcast shapes");
    REQUIRE(page.becomes("document.querySelectorAll('#results a').length > 2"));
    page.picture("search", 900);
    CHECK(page.is("/1 Tensors/.test(document.querySelector('#results a').textContent)"));
    CHECK(page.is("document.querySelectorAll('#results mark').length > 0"));
    page.press("Enter");
    CHECK(page.becomes("location.hash.length > 1 && !document.querySelector('#search').open"));
    page.evaluate("document.querySelector('.open-search').click()");
    page.evaluate(
        "(() => { const q = document.querySelector('#query'); q.value = 'Tensor::backward'; "
        "q.oninput(); })()");
    CHECK(page.becomes(
        "[...document.querySelectorAll('#results a')].some(a => a.href.includes('/api/'))"));
    page.evaluate(
        "(() => { const q = document.querySelector('#query'); q.value = 'sum of a row'; "
        "q.oninput(); })()");
    CHECK(page.becomes("document.querySelectorAll('#results mark').length > 2"));
    CHECK_MESSAGE(page.is("[...document.querySelectorAll('#results mark')].every(m => "
                          "m.textContent.length > 2 || "
                          "!/\\w$/.test(m.previousSibling?.textContent || ''))"),
                  "short words are found within others");
    page.evaluate(
        "(() => { const q = document.querySelector('#query'); q.value = 'xyzzy'; q.oninput(); "
        "})()");
    CHECK(page.becomes("/Nothing found/.test(document.querySelector('#results').textContent)"));
    page.press("Escape");
    CHECK(page.becomes("!document.querySelector('#search').open"));
  }

  SUBCASE("what is searched for stands first: titles, then headings, then text, then the API") {
    page.visit("03_modules.html");
    page.press("/", "/");
    const auto ask = [&](const std::string& words) {
      page.evaluate("(() => { const q = document.querySelector('#query'); q.value = " +
                    json(words).dump() + "; q.oninput(); })()");
      REQUIRE_MESSAGE(page.becomes("document.querySelectorAll('#results > *').length > 0"), words);
    };
    /// The address of the result at a place, from the book's top.
    const auto result = [&](int place) {
      const std::string url = page.evaluate("document.querySelectorAll('#results a')[" +
                                            std::to_string(place) + "]?.href || ''");
      return url.substr(std::min(url.size(), url.find("/tests/book/") + 12));
    };
    const std::string api = "e => e.href.includes('/api/')";
    ask("tensor");
    page.picture("search_tensor", 900);
    CHECK(result(0) == "01_tensors.html");
    CHECK_MESSAGE(
        page.evaluate("[...document.querySelectorAll('#results a')].findIndex(" + api + ")") <= 5,
        "the API is to be seen without scrolling");
    CHECK(page.is("[...document.querySelectorAll('#results a')].some(" + api + ")"));
    CHECK_MESSAGE(page.is("(() => { const r = [...document.querySelectorAll('#results a')]; "
                          "return r.slice(r.findIndex(" +
                          api + ")).every(" + api + "); })()"),
                  "a chapter stands behind the API");
    CHECK(page.evaluate("[...document.querySelectorAll('#results a')].find(" + api + ").href")
              .get<std::string>()
              .ends_with("classkindling_1_1Tensor.html"));
    ask("autograd");
    CHECK(result(0) == "02_autograd.html");
    ask("Row-major strides");
    CHECK(result(0).starts_with("01_tensors.html#11-"));
    ask("sum_to");
    CHECK(result(0).starts_with("api/"));
    ask("Tensor::backward()");
    CHECK(result(0).starts_with("api/classkindling_1_1Tensor"));
    for (const std::string word : {"install", "GPU", "watch", "gpu", "macOS", "hint"}) {
      ask(word);
      CHECK_MESSAGE(page.is("[...document.querySelectorAll('#results a')].slice(0, 3).some(a => "
                            "a.href.includes('/getting_started.html'))"),
                    word);
    }
    // A match in a heading shows where the section begins.
    ask("broadcast shapes");
    CHECK(
        page.is("(() => { const e = window.BOOK_INDEX.find(e => e[3].endsWith('Broadcast shapes'));"
                "const a = [...document.querySelectorAll('#results a')].find(a => "
                "a.href.endsWith(e[1])); return a.querySelector('small').textContent.startsWith("
                "e[4].slice(0, 60)); })()"));
    // Whole words, whatever is asked for.
    for (const std::string words :
         {"tensor", "gradient of", "e", "&", "amp", "<", "loss.backward()", "contiguous row",
          "register_post_accumulate_grad_hook", "1797"}) {
      ask(words);
      const json cut = page.evaluate(
          "[...document.querySelectorAll('#results a')].filter(a => { const text = "
          "a.querySelector('small').textContent, shown = text.replace(/^… /, '').replace(/ …$/, "
          "'');"
          "return !window.BOOK_INDEX.some(e => a.href.endsWith('/' + e[1]) && (' ' + e[4] + ' ')"
          ".includes(' ' + shown + ' ')) && shown; }).map(a => a.textContent)");
      CHECK_MESSAGE(cut.empty(), words << ": " << cut.dump());
      CHECK_MESSAGE(page.is("!/&(amp|lt|gt|quot|#\\d+);/.test(document.querySelector('#results')"
                            ".textContent)"),
                    words);
    }
    ask("xyzzy plugh");
    CHECK(
        page.is("document.querySelector('#results').textContent === "
                "'Nothing found for “xyzzy plugh”.'"));
    // Keys: down, round, and into the page.
    ask("strides");
    const std::string chosen =
        "[...document.querySelectorAll('#results a')].findIndex(a => "
        "a.getAttribute('aria-selected') === 'true')";
    CHECK(page.evaluate(chosen) == 0);
    page.press("ArrowDown");
    CHECK(page.evaluate(chosen) == 1);
    page.press("ArrowUp");
    page.press("ArrowUp");
    CHECK(page.is(chosen + " === document.querySelectorAll('#results a').length - 1"));
    CHECK(
        page.is("document.getElementById(document.querySelector('#query').getAttribute("
                "'aria-activedescendant')).getAttribute('aria-selected') === 'true'"));
    page.press("Escape");
    CHECK(page.becomes("!document.querySelector('#search').open"));
  }

  SUBCASE("On this page is within reach at every width") {
    const std::string bar = "document.querySelector('.toc summary')";
    const std::string list = "document.querySelector('.toc ul')";
    for (const int width :
         {320, 360, 599, 600, 768, 859, 860, 861, 1000, 1279, 1280, 1281, 1440, 1600}) {
      page.size(width, 800);
      page.visit("01_tensors.html");
      const bool narrow = width <= 1280;
      CHECK_MESSAGE(page.is(bar + ".checkVisibility() && " + list +
                            ".checkVisibility() === " + (narrow ? "false" : "true")),
                    width);
      CHECK_MESSAGE(page.is("document.documentElement.scrollWidth <= innerWidth"), width);
      if (!narrow) continue;
      page.evaluate("scrollTo(0, 2000)");
      page.evaluate(bar + ".click()");
      CHECK_MESSAGE(page.is(list +
                            ".checkVisibility() && (r => r.top >= 0 && r.left >= 0 && "
                            "r.right <= innerWidth && r.bottom <= innerHeight)(" +
                            list + ".getBoundingClientRect())"),
                    width);
      if (width == 768) page.picture("contents", 800, 2000);
      page.evaluate("[...document.querySelectorAll('.toc a')].at(-1).click()");
      CHECK_MESSAGE(page.becomes("!document.querySelector('.toc details').open && "
                                 "location.hash.length > 1"),
                    width);
    }
    page.size(1440, 900);
  }

  SUBCASE("every text can be read: its contrast is 4.5 or more, of large type 3") {
    std::ofstream(book / "progress.js")
        << "window.BOOK_DONE = ['1.1', '1.2', '2.1']; window.BOOK_TOTALS = {1: 2, 2: 5};"
           "window.BOOK_NEXT = {number: '1.3', title: 'T', url: '01_tensors.html'};";
    for (const bool dark : {false, true})
      for (const char* name :
           {"index.html", "getting_started.html", "01_tensors.html", "07_gpu.html", "api.html",
            "api/classkindling_1_1Tensor.html", "code/solutions/02_autograd/backward.cpp.html"}) {
        page.dark(dark);
        page.visit(name);
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
        page.press("/", "/");
        page.type("gradient");
        page.becomes("document.querySelectorAll('#results a').length > 0");
        const json weak = page.evaluate(weak_texts);
        CHECK_MESSAGE(weak.empty(), std::string(name)
                                        << std::string(dark ? " (dark): " : ": ") << weak.dump());
      }
    page.dark(false);
    std::ofstream(book / "progress.js") << "window.BOOK_DONE = [];\n";
  }

  SUBCASE("code within a line is not broken within a name") {
    for (const int width : {360, 1440}) {
      page.size(width, 844);
      for (const std::string& name : all_chapters()) {
        page.visit(name);
        const json broken = page.evaluate(broken_names);
        CHECK_MESSAGE(broken.empty(), name << " at " << width << ": " << broken.dump());
      }
    }
    page.size(1440, 900);
  }

  SUBCASE("the reference asks before it shows itself, until one has solved the exercise") {
    const std::string code = "document.querySelector('figure.source')";
    page.visit("01_tensors.html");
    page.evaluate("document.querySelector('[data-exercise=\"1.1\"] .answer').click()");
    REQUIRE(
        page.becomes("location.pathname.includes('/solutions/') && "
                     "document.readyState === 'complete'"));
    CHECK_FALSE(page.is(code + ".checkVisibility()"));
    CHECK(page.is("/exercise 1.1/.test(document.querySelector('.guard').textContent)"));
    page.picture("guard", 900);
    page.evaluate("document.querySelector('.guard summary').click()");
    CHECK(page.becomes(code + ".checkVisibility()"));
    page.evaluate("document.querySelector('.guard .button').click()");
    CHECK(
        page.becomes("location.pathname.endsWith('/01_tensors.html') && "
                     "location.hash.startsWith('#11-')"));
    std::ofstream(book / "progress.js") << "window.BOOK_DONE = ['1.1'];\n";
    page.visit("code/solutions/01_tensors/strides.cpp.html");
    CHECK(page.is(code + ".checkVisibility() && !document.querySelector('.guard .button')"
                         ".checkVisibility()"));
    page.visit("code/solutions/01_tensors/matmul.cpp.html");
    CHECK_FALSE(page.is(code + ".checkVisibility()"));
    std::ofstream(book / "progress.js") << "window.BOOK_DONE = [];\n";
  }

  SUBCASE("dark mode is the system's until somebody chooses") {
    page.visit("02_autograd.html");
    page.evaluate("localStorage.clear()");
    page.visit("02_autograd.html");
    CHECK(page.is("!document.documentElement.classList.contains('dark')"));
    CHECK(page.evaluate(contrast).get<double>() > 7);
    page.dark(true);
    CHECK(page.becomes("document.documentElement.classList.contains('dark')"));
    CHECK(page.evaluate(contrast).get<double>() > 7);
    page.evaluate("document.querySelector('#mode').click()");
    CHECK(page.is("!document.documentElement.classList.contains('dark')"));
    page.visit("02_autograd.html");
    CHECK(page.is("!document.documentElement.classList.contains('dark')"));
    page.evaluate("localStorage.clear()");
    page.dark(false);
  }

  SUBCASE("hints are folded, and open") {
    page.visit("01_tensors.html");
    CHECK(page.is("document.querySelectorAll('.exercise').length >= 5"));
    CHECK(
        page.is("[...document.querySelectorAll('.exercise')].every(e => "
                "e.querySelectorAll('details').length === 3)"));
    CHECK(page.is("document.querySelectorAll('article details[open]').length === 0"));
    page.evaluate("document.querySelector('.exercise summary').click()");
    CHECK(page.is("document.querySelector('.exercise details').open"));
    CHECK(page.is("document.querySelector('.exercise details > p').offsetHeight > 10"));
  }

  SUBCASE("what is solved is marked") {
    page.visit("01_tensors.html");
    CHECK(
        page.is("document.querySelectorAll('.exercise.solved').length === (window.BOOK_DONE || "
                "[]).filter(n => n.startsWith('1.')).length"));
    std::ofstream(book / "progress.js")
        << "window.BOOK_DONE = ['1.1', '1.2']; window.BOOK_TOTALS = {1: 6};"
           "window.BOOK_NEXT = {number: '1.3', title: 'T', url: '01_tensors.html'};";
    page.visit("01_tensors.html");
    CHECK(page.is("document.querySelectorAll('.exercise.solved .done').length === 2"));
    CHECK(page.is("/2.6/.test(document.querySelector('.side [data-chapter=\"1\"]').textContent)"));
    page.visit("index.html");
    CHECK(
        page.is("/2 of \\d+ exercises solved/.test(document.querySelector('.cards').textContent)"));
    CHECK(page.is(
        "document.querySelector('.start-links > :first-child').matches('a.continue.button')"));
    CHECK(page.is("document.querySelectorAll('.start-links .button').length === 1"));
    CHECK(page.is("/2 of \\d+ solved/.test(document.querySelector('.layer.l1').textContent)"));
    page.picture("landing_begun", 1000);
    std::ofstream(book / "progress.js") << "window.BOOK_DONE = [];\n";
  }

  SUBCASE("pages turn") {
    page.visit("01_tensors.html");
    page.evaluate("document.querySelector('a[rel=next]').click()");
    CHECK(page.becomes(
        "location.pathname.endsWith('/02_autograd.html') && document.readyState === 'complete'"));
    page.press("ArrowLeft");
    CHECK(page.becomes(
        "location.pathname.endsWith('/01_tensors.html') && document.readyState === 'complete'"));
  }

  SUBCASE("the drawer of a phone") {
    page.size(390, 844);
    page.visit("03_modules.html");
    const std::string seen = "document.querySelector('#side').getBoundingClientRect().right > 100";
    CHECK_FALSE(page.is(seen));
    page.evaluate("document.querySelector('#menu').click()");
    CHECK(page.becomes(seen +
                       " && document.querySelector('#side').getBoundingClientRect().left >= 0"));
    page.picture("phone_drawer", 844);
    page.evaluate("document.querySelector('.shade').click()");
    CHECK(page.becomes("!(" + seen + ")"));
  }

  SUBCASE("on paper there is the text, and nothing to click on") {
    page.dark(true, "print");
    page.visit("02_autograd.html");
    for (const char* part : {".side", ".toc", ".prevnext", ".copy", ".exercise details"})
      CHECK_MESSAGE(page.is("getComputedStyle(document.querySelector('" + std::string(part) +
                            "')).display === 'none'"),
                    part);
    CHECK(page.is("getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'"));
    CHECK(page.evaluate(contrast).get<double>() > 7);
    page.picture("print", 1600);
    page.dark(false);
  }

  SUBCASE("nothing scrolls sideways, no formula is broken, and the figures are there") {
    std::vector<std::string> pages = all_chapters();
    pages.insert(pages.end(),
                 {"index.html", "api.html", "api/classkindling_1_1Tensor.html",
                  "api/namespacekindling.html", "code/solutions/02_autograd/backward.cpp.html"});
    for (const int width : {320, 390, 860, 1280, 1440}) {
      page.size(width, 844);
      for (const std::string& name : pages) {
        page.visit(name);
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
        CHECK_MESSAGE(
            page.is("document.documentElement.scrollWidth <= innerWidth"),
            name << " is wider than " << width << " pixels: "
                 << page.evaluate(
                            "[...document.querySelectorAll('body *')].filter(e => "
                            "e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('pre, "
                            ".table, figure, .math, .side, .memproto, .contents')).slice(0, "
                            "3).map(e => e.outerHTML.slice(0, 90)).join('; ')")
                        .dump());
        CHECK_MESSAGE(page.is("[...document.querySelectorAll('figure, pre, .table, .math.display')]"
                              ".every(e => e.scrollWidth <= e.clientWidth + 1 || "
                              "getComputedStyle(e).overflowX === 'auto')"),
                      name << " cuts off something that is wide");
        CHECK_MESSAGE(page.is("document.querySelectorAll('.katex-error').length === 0"), name);
        CHECK_MESSAGE(page.is("[...document.images].every(i => i.naturalWidth > 0)"), name);
      }
    }
  }

  SUBCASE("pictures, where they are asked for") {
    if (!std::getenv("KINDLING_PICTURES")) return;
    std::vector<std::string> pages = all_chapters();
    pages.insert(pages.end(), {"index.html", "api.html", "api/classkindling_1_1Tensor.html",
                               "code/solutions/02_autograd/backward.cpp.html"});
    for (const std::string& name : pages)
      for (const bool dark : {false, true})
        for (const int width : {1440, 390}) {
          page.size(width, 900);
          page.dark(dark);
          page.visit(name);
          const std::string file = fs::path(name).stem().string() + (dark ? "_dark" : "") +
                                   (width < 600 ? "_phone" : "");
          page.picture(file, 2600);
          if (std::isdigit(static_cast<unsigned char>(name[0]))) {
            page.evaluate("document.querySelector('.exercise details')?.setAttribute('open', '')");
            page.picture(
                file + "_exercises", 1800,
                std::max(0, page.evaluate("Math.round((document.querySelector('.exercise')?."
                                          "getBoundingClientRect().top || 0) + scrollY - 120)")
                                .get<int>()));
          }
        }
    page.dark(false);
  }

  for (const std::string& error : page.errors) FAIL_CHECK("a page complains: " << error);
  for (const std::string& load : page.loads) FAIL_CHECK("a page loads " << load);
}
