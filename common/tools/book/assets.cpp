#include "tools/book/assets.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "tools/exercises.h"

namespace book {

namespace fs = std::filesystem;
using learn::read_file;
using learn::write_file;

namespace {

void copy_katex(const fs::path& from, const fs::path& to) {
  fs::create_directories(to / "fonts");
  for (const char* file : {"katex.min.js", "katex.min.css"})
    write_file(to / file, learn::read_bytes(from / file));  // they may be links
  for (const auto& font : fs::directory_iterator(from / "fonts"))
    if (font.path().extension() == ".woff2")
      write_file(to / "fonts" / font.path().filename(), learn::read_bytes(font.path()));
}

/// The first of a font's files that some package has: webfonts are smaller.
std::optional<fs::path> find_font(const std::vector<fs::path>& folders, const std::string& name) {
  for (const char* extension : {".woff2", ".woff", ".otf", ".ttf"})
    for (const fs::path& folder : folders)
      if (fs::exists(folder / (name + extension))) return folder / (name + extension);
  return {};
}

void copy_fonts(const std::vector<fs::path>& folders, const fs::path& assets) {
  struct Face {
    const char *family, *file;
    int weight;
    const char* style;
    const char* range = "";
  };
  // Charis's plus and minus are spaced as in formulas, "C + + 20": they come from another font.
  constexpr const char* letters = " unicode-range: U+0-2A, U+2C-2211, U+2213-221D, U+221F-10FFFF;";
  constexpr const char* signs = " unicode-range: U+2B, U+2212, U+221E;";
  constexpr Face faces[] = {{"Charis SIL", "CharisSIL-Regular", 400, "normal", letters},
                            {"Charis SIL", "CharisSIL-Italic", 400, "italic", letters},
                            {"Charis SIL", "CharisSIL-Bold", 700, "normal", letters},
                            {"Charis SIL", "CharisSIL-BoldItalic", 700, "italic", letters},
                            {"Kindling Signs", "Inter-Regular", 400, "normal", signs},
                            {"Inter", "Inter-Regular", 400, "normal"},
                            {"Inter", "Inter-Medium", 500, "normal"},
                            {"Inter", "Inter-SemiBold", 600, "normal"},
                            {"Inter Display", "InterDisplay-Bold", 700, "normal"},
                            {"JetBrains Mono", "JetBrainsMono-Regular", 400, "normal"},
                            {"JetBrains Mono", "JetBrainsMono-Italic", 400, "italic"},
                            {"JetBrains Mono", "JetBrainsMono-Medium", 600, "normal"}};
  std::string css;
  for (const Face& face : faces) {
    const auto file = find_font(folders, face.file);
    if (!file) continue;
    write_file(assets / "fonts" / file->filename(), learn::read_bytes(*file));
    css += fmt::format(
        "@font-face {{ font-family: \"{}\"; font-weight: {}; font-style: {}; font-display: swap; "
        "src: url(fonts/{});{} }}\n",
        face.family, face.weight, face.style, file->filename().string(), face.range);
  }
  write_file(assets / "fonts.css", css);
}

}  // namespace

void copy_assets(const Sources& sources) {
  const fs::path assets = sources.out / "assets";
  fs::create_directories(assets);
  for (const char* file : {"book.css", "api.css", "book.js"})
    fs::copy_file(sources.root / "book" / file, assets / file);
  if (!sources.katex.empty()) copy_katex(sources.katex, assets / "katex");
  copy_fonts(sources.fonts, assets);
}

}  // namespace book
