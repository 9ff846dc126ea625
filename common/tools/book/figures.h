#pragma once
#include <filesystem>
#include <string>

#include "tools/book/chapter_text.h"

namespace book {

/// A chapter's picture, chapters/NN/figures/NAME.svg, and what it is made of: NAME.dot for Graphviz
/// or NAME.gp for gnuplot beside it, and the output of a program where <!-- figure: ./learn run …
/// --> stands above it: a graph by to_dot(), an SVG, or the data that NAME.gp plots as "NAME.dat".
struct Figure {
  std::filesystem::path picture;  ///< the committed SVG, which GitHub shows
  std::string source;             ///< all that it depends on
  std::string program_output;     ///< of the comment's command, if there is one
  enum class Kind { graph, plot, drawing } kind;
};

/// \throws std::runtime_error if it has no source
Figure figure_of(const Block& block, const std::filesystem::path& chapter, Truth& truth);

/// The picture as SVG, without a preamble, with classes instead of colours, so that a page can give
/// it its own.
std::string draw(const Figure& figure, const std::filesystem::path& scratch);

/// The same as a file that stands for itself, light and dark, and remembers what it was made of.
std::string standing_alone(const Figure& figure, const std::string& svg);

/// Whether the committed picture was made of what its source is now.
bool is_current(const Figure& figure);

}  // namespace book
