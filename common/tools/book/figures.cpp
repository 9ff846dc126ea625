#include "tools/book/figures.h"

#include <fmt/format.h>

#include <cctype>
#include <sstream>
#include <stdexcept>

#include "tools/book/excerpt.h"
#include "tools/book/html.h"
#include "tools/carve/carver.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace book {

namespace fs = std::filesystem;
using learn::read_file;
using learn::write_file;

namespace {

/// Colours that sources name, and the classes that stand for them in the picture. Graphviz and
/// gnuplot write them each in their own way; to_dot() uses the pastel ones.
struct Colour {
  const char* name;
  std::vector<const char*> written;
};
const std::vector<Colour>& colours() {
  static const std::vector<Colour> all = {
      {"ink", {"black", "#000000", "rgb(0,0,0)", "rgb(  0,   0,   0)", "#3b4a5a"}},
      {"muted",
       {"#8a8f98", "rgb(138,143,152)", "rgb(138, 143, 152)", "rgb(119,119,119)",
        "rgb(119, 119, 119)", "#8b929c", "#777777", "gray", "grey"}},
      {"faint", {"#d5d9df", "rgb(213,217,223)", "rgb(213, 217, 223)", "lightgray", "lightgrey"}},
      {"blue", {"#3b6fb6", "#1f6feb", "rgb(31,111,235)", "rgb( 31, 111, 235)"}},
      {"orange", {"#c98a2b", "#d9600a", "rgb(217,96,10)", "rgb(217,  96,  10)"}},
      {"green", {"#1a7f4b", "rgb(26,127,75)", "rgb( 26, 127,  75)"}},
      {"red", {"#c4314b", "rgb(196,49,75)", "rgb(196,  49,  75)"}},
      {"violet", {"#7b4fd0", "rgb(123,79,208)", "rgb(123,  79, 208)"}},
      {"blue-fill", {"#dbeafe", "#e3edfb"}},
      {"orange-fill", {"#fdebd0", "#fbe9d7"}},
      {"green-fill", {"#d9f2e3"}},
      {"red-fill", {"#fbe0e4"}},
      {"violet-fill", {"#ebe3fb"}},
      {"paper", {"white", "#ffffff", "rgb(255,255,255)"}},
  };
  return all;
}

/// For pictures that stand alone, as on GitHub; the book's own are in book.css.
constexpr const char* palette = R"(<style>
  svg { fill:var(--ink); --ink:#24292f; --muted:#6b7480; --faint:#d5d9df; --blue:#1f6feb; --orange:#bc5a08; --green:#1a7f4b;
        --red:#c4314b; --violet:#7b4fd0; --blue-fill:#dbeafe; --orange-fill:#fdebd0; --green-fill:#d9f2e3;
        --red-fill:#fbe0e4; --violet-fill:#ebe3fb; --paper:#ffffff; }
  @media (prefers-color-scheme: dark) {
  svg { --ink:#d8dee6; --muted:#98a1ad; --faint:#3a414b; --blue:#6cb2ff; --orange:#f0a35e; --green:#56c98f;
        --red:#ff8a97; --violet:#bba0ff; --blue-fill:#1b3350; --orange-fill:#43301a; --green-fill:#173b2a;
        --red-fill:#4a2129; --violet-fill:#33284f; --paper:#0d1117; } }
</style>)";

/// fill="#1f6feb" and stroke='rgb(31,111,235)' become var(--blue); colours that no palette knows
/// stay.
void name_colours(std::string& svg) {
  // gnuplot's areas, which would have the border that is set for lines.
  replace_all(svg, "<polygon fill = ", "<polygon stroke=\"none\" fill=");
  for (const Colour& colour : colours())
    for (const char* written : colour.written)
      for (const char* attribute : {"fill", "stroke", "color"})
        for (const char* quote : {"\"", "'"}) {
          const std::string from = fmt::format(" {}={}{}{}", attribute, quote, written, quote);
          replace_all(
              svg, from,
              fmt::format(" style=\"{}:var(--{})\" data-{}", attribute, colour.name, attribute));
        }
  // Two styles of one element have to be one attribute.
  for (const char* attribute : {"fill", "stroke", "color"})
    replace_all(svg, fmt::format(" data-{}", attribute), "");
  for (std::size_t at = svg.find("style=\""); at != svg.npos; at = svg.find("style=\"", at + 1)) {
    const std::size_t tag_end = svg.find('>', at);
    const std::size_t again = svg.find("style=\"", at + 7);
    if (again == svg.npos || again > tag_end) continue;
    const std::size_t close = svg.find('"', again + 7);
    const std::string more = svg.substr(again + 7, close - again - 7);
    svg.erase(again, close + 1 - again);
    svg.insert(svg.find('"', at + 7), ";" + more);
  }
}

/// Ids must differ between the pictures of a page.
void name_ids(std::string& svg, const std::string& prefix) {
  for (const char* quote : {"\"", "'"}) {
    const std::string q(quote);
    replace_all(svg, " id=" + q, " \1=" + q + prefix + "-");
    replace_all(svg, "href=" + q + "#", "href=" + q + "\1" + prefix + "-");
  }
  replace_all(svg, "url(#", "url(\1" + prefix + "-");
  replace_all(svg, " \1=", " id=");
  replace_all(svg, "\1", "#");
}

void erase_between(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at)) {
    const std::size_t end = text.find(to, at + from.size());
    if (end == text.npos) return;
    text.erase(at, end + to.size() - at);
  }
}

/// Graphviz counts in points and gnuplot says no size: in both, type is now a little smaller than
/// the text's.
void scale(std::string& svg) {
  const std::size_t tag_end = svg.find('>');
  std::string tag = svg.substr(0, tag_end);
  const std::size_t box = tag.find("viewBox=\"");
  if (box == tag.npos) return;
  double x = 0, y = 0, width = 0, height = 0;
  std::istringstream(tag.substr(box + 9)) >> x >> y >> width >> height;
  for (const char* side : {" width=\"", " height=\"", "\nwidth=\""})
    if (const std::size_t at = tag.find(side); at != tag.npos)
      tag.erase(at, tag.find('"', at + std::string(side).size()) + 1 - at);
  const double factor = svg.find("gnuplot_canvas") == svg.npos ? 1.15 : 1;
  tag.insert(4,
             fmt::format(" width=\"{:.0f}\" height=\"{:.0f}\"", width * factor, height * factor));
  svg.replace(0, tag_end, tag);
}

std::string plotted(const Figure& figure, const fs::path& scratch) {
  const std::string name = figure.picture.stem();
  const std::string settings =
      "set terminal svg size 720,360 dynamic enhanced font 'Inter,14' linewidth 1.2 background "
      "rgb '#00ffffff'\n"
      "set border 3 lw 0.8 lc rgb '#8a8f98'\n"
      "set tics nomirror scale 0.6 textcolor rgb '#777777'\n"
      "set grid lc rgb '#d5d9df' lw 0.6 dt solid\n"
      "set xlabel textcolor rgb '#777777'\nset ylabel textcolor rgb '#777777'\n"
      "set key textcolor rgb '#000000' samplen 2 spacing 1.2\n"
      "set linetype 1 lc rgb '#1f6feb' lw 2\nset linetype 2 lc rgb '#d9600a' lw 2\n"
      "set linetype 3 lc rgb '#1a7f4b' lw 2\nset linetype 4 lc rgb '#7b4fd0' lw 2\n"
      "set linetype 5 lc rgb '#c4314b' lw 2\n";
  if (!figure.program_output.empty()) write_file(scratch / (name + ".dat"), figure.program_output);
  fs::path script = figure.picture;
  script.replace_extension(".gp");
  write_file(scratch / (name + ".gp"), settings + read_file(script));
  return learn::output_of({.arguments = {"gnuplot", name + ".gp"}, .folder = scratch});
}

std::string graphed(const Figure& figure, const fs::path& scratch) {
  const fs::path graph = scratch / (figure.picture.stem().string() + ".dot");
  write_file(graph, figure.source);
  // What a graph says itself comes before these.
  return learn::output_of(
      {.arguments = {"dot", "-Tsvg", "-Gbgcolor=transparent", "-Gfontname=Inter", "-Gfontsize=12",
                     "-Nfontname=Inter", "-Nfontsize=12", "-Ncolor=#8a8f98", "-Npenwidth=1.2",
                     "-Efontname=Inter", "-Efontsize=11", "-Ecolor=#8a8f98", "-Epenwidth=1.2",
                     "-Earrowsize=0.7", graph.string()}});
}

}  // namespace

Figure figure_of(const Block& block, const fs::path& chapter, Truth& truth) {
  Figure figure{.picture = chapter / block.image, .source = "", .program_output = "", .kind = {}};
  if (figure.picture.extension() != ".svg")
    throw std::runtime_error(block.image + ": expected an .svg, which the build makes");
  fs::path plot = figure.picture, graph = figure.picture;
  plot.replace_extension(".gp");
  graph.replace_extension(".dot");
  if (block.kind == "figure" && !block.source.empty())
    figure.program_output = truth.output(block.source);
  if (fs::exists(plot)) {
    figure.kind = Figure::Kind::plot;
    figure.source = read_file(plot) + figure.program_output;
  } else if (fs::exists(graph)) {
    figure.kind = Figure::Kind::graph;
    figure.source = read_file(graph);
  } else if (figure.program_output.starts_with("<svg")) {
    figure.kind = Figure::Kind::drawing;
    figure.source = figure.program_output;
  } else if (const std::size_t at = figure.program_output.find("digraph");
             at != std::string::npos) {
    figure.kind = Figure::Kind::graph;
    figure.source = figure.program_output.substr(at);
  } else {
    throw std::runtime_error(fmt::format(
        "{0} has no source: expected {1}.dot or {1}.gp beside it, or above it the comment "
        "<!-- figure: ./learn run PROGRAM --> with a program that prints a graph",
        block.image, fs::path(block.image).stem().string()));
  }
  return figure;
}

std::string draw(const Figure& figure, const fs::path& scratch) {
  std::string svg = figure.kind == Figure::Kind::plot    ? plotted(figure, scratch)
                    : figure.kind == Figure::Kind::graph ? graphed(figure, scratch)
                                                         : figure.source;
  const std::size_t begin = svg.find("<svg");
  if (begin == svg.npos) throw std::runtime_error(figure.picture.string() + ": no SVG came out");
  svg.erase(0, begin);
  erase_between(svg, "<!--", "-->");
  erase_between(svg, "<title>", "</title>");  // Graphviz's names of nodes, which a mouse would find
  erase_between(svg, "<desc>", "</desc>");
  if (figure.kind == Figure::Kind::plot) {
    erase_between(svg, "<rect x=\"0\" y=\"0\" width=", "/>");  // the background
    replace_all(svg, "stroke='none' ", "");
  }
  replace_all(svg, "font-family=\"Inter\"", "font-family=\"Inter, sans-serif\"");
  replace_all(svg, "font-family=\"Helvetica,Arial,sans-serif\"",
              "font-family=\"Inter, sans-serif\"");
  scale(svg);
  name_colours(svg);
  name_ids(svg, figure.picture.stem());
  while (std::isspace(static_cast<unsigned char>(svg.back()))) svg.pop_back();
  return svg;
}

std::string standing_alone(const Figure& figure, const std::string& svg) {
  const std::size_t at = svg.find('>') + 1;
  return fmt::format("<!-- Made by `./learn book` of {}: {} -->\n{}\n{}{}\n",
                     figure.kind == Figure::Kind::drawing ? "a program" : "its source",
                     kindling::carve::fingerprint(figure.source), svg.substr(0, at), palette,
                     svg.substr(at));
}

bool is_current(const Figure& figure) {
  if (!fs::exists(figure.picture)) return false;
  const std::string first = lines_of(read_file(figure.picture)).front();
  return first.find(kindling::carve::fingerprint(figure.source)) != first.npos;
}

}  // namespace book
