#include "tools/book/markdown.h"

#include <fmt/format.h>
#include <md4c.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <map>
#include <utility>

#include "tools/book/chapter_text.h"
#include "tools/book/excerpt.h"
#include "tools/book/html.h"

namespace book {
namespace {

struct Admonition {
  const char *mark, *kind, *title;
};
constexpr Admonition admonitions[] = {{"[!NOTE]", "note", "Note"},
                                      {"[!TIP]", "tip", "Tip"},
                                      {"[!IMPORTANT]", "important", "Important"},
                                      {"[!WARNING]", "warning", "Warning"},
                                      {"[!CAUTION]", "caution", "Caution"}};

std::string text_of(const MD_ATTRIBUTE& attribute) {
  return std::string(attribute.text, attribute.size);
}

/// An exercise's heading begins with its number: "2.4 The walk".
bool is_exercise(const std::string& heading) {
  const std::size_t dot = heading.find('.');
  const std::size_t space = heading.find(' ');
  return dot != heading.npos && space != heading.npos && dot < space && dot > 0 &&
         heading.find_first_not_of("0123456789.") == space;
}

class Writer {
 public:
  Writer(const Surroundings& around, std::vector<Block> blocks,
         std::map<std::string, std::string> notes)
      : around_(around), blocks_(std::move(blocks)), notes_(std::move(notes)) {}

  Rendered finish() {
    close_exercise();
    if (!order_.empty()) {
      out_ += "<aside class=\"endnotes\" aria-label=\"Notes\"><ol>\n";
      for (std::size_t i = 0; i < order_.size(); ++i)
        out_ += fmt::format(
            "<li id=\"note-{0}\">{1} <a href=\"#ref-{0}\" aria-label=\"Back\">↩</a></li>\n", i + 1,
            note(order_[i]));
      out_ += "</ol></aside>\n";
    }
    result_.html = std::move(out_);
    return std::move(result_);
  }

  void enter(MD_BLOCKTYPE type, void* detail) {
    beside_.clear();
    switch (type) {
      case MD_BLOCK_QUOTE:
        quotes_.push_back(out_.size());
        out_ += "<blockquote>\n";
        break;
      case MD_BLOCK_UL:
        out_ += "<ul>\n";
        break;
      case MD_BLOCK_OL: {
        const auto start = static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start;
        out_ += start == 1 ? "<ol>\n" : fmt::format("<ol start=\"{}\">\n", start);
        break;
      }
      case MD_BLOCK_LI:
        out_ += "<li>";
        break;
      case MD_BLOCK_HR:
        out_ += "<hr>\n";
        break;
      case MD_BLOCK_H:
        heading_ = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        heading_at_ = out_.size();
        break;
      case MD_BLOCK_CODE: {
        const auto* code = static_cast<MD_BLOCK_CODE_DETAIL*>(detail);
        language_ = text_of(code->lang);
        fenced_ = code->fence_char != 0;
        code_.clear();
        in_code_ = true;
        break;
      }
      case MD_BLOCK_P:
        in_brackets_ = false;
        paragraphs_.push_back(out_.size());
        out_ += "<p>";
        break;
      case MD_BLOCK_TABLE:
        head_is_empty_ = true;
        out_ += "<div class=\"table\"><table>\n";
        break;
      case MD_BLOCK_THEAD:
        head_at_ = out_.size();
        out_ += "<thead>";
        break;
      case MD_BLOCK_TBODY:
        out_ += "<tbody>";
        break;
      case MD_BLOCK_TR:
        out_ += "<tr>";
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: {
        const MD_ALIGN align = static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align;
        out_ += type == MD_BLOCK_TH ? "<th" : "<td";
        if (align == MD_ALIGN_RIGHT) out_ += " class=\"right\"";
        if (align == MD_ALIGN_CENTER) out_ += " class=\"center\"";
        out_ += ">";
        cell_at_ = out_.size();
        break;
      }
      default:
        break;
    }
  }

  void leave(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_QUOTE:
        finish_quote();
        break;
      case MD_BLOCK_UL:
        out_ += "</ul>\n";
        break;
      case MD_BLOCK_OL:
        out_ += "</ol>\n";
        break;
      case MD_BLOCK_LI:
        out_ += "</li>\n";
        break;
      case MD_BLOCK_H:
        finish_heading();
        break;
      case MD_BLOCK_CODE:
        finish_code();
        break;
      case MD_BLOCK_P: {
        const std::size_t at = paragraphs_.back();
        paragraphs_.pop_back();
        // A picture alone in its paragraph is a figure, and no paragraph.
        if (out_.compare(at, 10, "<p><figure") == 0 && out_.ends_with("</figure>"))
          out_.erase(at, 3).append("\n");
        else if (out_.compare(at, 27, "<p><div class=\"math display") == 0 &&
                 out_.ends_with("</div>"))
          out_.erase(at, 3).append("\n");
        else
          out_ += "</p>\n";
        break;
      }
      case MD_BLOCK_TABLE:
        out_ += "</table></div>\n";
        break;
      case MD_BLOCK_THEAD:
        out_ += "</thead>\n";
        if (head_is_empty_) out_.erase(head_at_);  // GitHub wants a head even where there is none
        break;
      case MD_BLOCK_TBODY:
        out_ += "</tbody>\n";
        break;
      case MD_BLOCK_TR:
        out_ += "</tr>\n";
        break;
      case MD_BLOCK_TH:
        if (out_.size() > cell_at_) head_is_empty_ = false;
        out_ += "</th>";
        break;
      case MD_BLOCK_TD:
        out_ += "</td>";
        break;
      default:
        break;
    }
  }

  void enter(MD_SPANTYPE type, void* detail) {
    switch (type) {
      case MD_SPAN_EM:
        out_ += "<em>";
        break;
      case MD_SPAN_STRONG:
        out_ += "<strong>";
        break;
      case MD_SPAN_DEL:
        out_ += "<del>";
        break;
      case MD_SPAN_A: {
        const std::string address = text_of(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
        const std::string target = around_.link(address);
        ++links_;
        out_ += fmt::format("<a{} href=\"{}\">",
                            target.starts_with("http") ? " class=\"away\"" : "", escaped(target));
        break;
      }
      case MD_SPAN_IMG:
        if (images_++ == 0) {
          image_ = text_of(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src);
          image_at_ = out_.size();
        }
        break;
      case MD_SPAN_CODE:
        in_span_ = true;
        code_.clear();
        break;
      case MD_SPAN_LATEXMATH:
        out_ += "<span class=\"math\">";
        break;
      case MD_SPAN_LATEXMATH_DISPLAY:
        out_ += "<div class=\"math display\">";
        break;
      default:
        break;
    }
  }

  void leave(MD_SPANTYPE type) {
    switch (type) {
      case MD_SPAN_EM:
        out_ += "</em>";
        break;
      case MD_SPAN_STRONG:
        out_ += "</strong>";
        break;
      case MD_SPAN_DEL:
        out_ += "</del>";
        break;
      case MD_SPAN_A:
        --links_;
        out_ += "</a>";
        break;
      case MD_SPAN_IMG:
        if (--images_ == 0) {
          const std::string caption = out_.substr(image_at_);
          out_.erase(image_at_);
          out_ += "<figure>" + around_.picture(image_);
          if (!caption.empty()) out_ += "<figcaption>" + caption + "</figcaption>";
          out_ += "</figure>";
        }
        break;
      case MD_SPAN_CODE: {
        in_span_ = false;
        const std::string code = code_span(code_);
        const bool linkable = links_ == 0 && heading_ == 0;
        const std::string target = linkable ? around_.code_link(code_, beside_) : "";
        if (code_.find('/') != code_.npos) beside_ = code_;
        out_ += target.empty()
                    ? code
                    : "<a class=\"ref\" href=\"" + escaped(target) + "\">" + code + "</a>";
        break;
      }
      case MD_SPAN_LATEXMATH:
        out_ += "</span>";
        break;
      case MD_SPAN_LATEXMATH_DISPLAY:
        out_ += "</div>";
        break;
      default:
        break;
    }
  }

  void text(MD_TEXTTYPE type, std::string_view text) {
    if (in_code_ || in_span_) {
      code_ += type == MD_TEXT_SOFTBR || type == MD_TEXT_BR ? " " : text;
    } else if (type == MD_TEXT_SOFTBR) {
      out_ += "\n";
    } else if (type == MD_TEXT_BR) {
      out_ += "<br>\n";
    } else if (type == MD_TEXT_ENTITY) {
      out_ += text;
    } else if (type == MD_TEXT_HTML) {
      raw_html(text);
    } else if (type == MD_TEXT_NULLCHAR) {
      out_ += "\uFFFD";
    } else if (type == MD_TEXT_LATEXMATH) {
      out_ += escaped(text);
    } else {
      out_ += typeset(text);
    }
  }

 private:
  /// Code within a line. What is short stays whole; what is long may be broken at blanks, and
  /// behind the parts of a path, a scope or a call, but never within a name.
  static std::string code_span(const std::string& code) {
    std::string html = escaped(code);
    if (code.size() <= 24 && (code.size() <= 16 || code.find(' ') == code.npos))
      return "<code class=\"whole\">" + html + "</code>";
    for (const char* end_of_part : {"/", "::"})
      replace_all(html, end_of_part, std::string(end_of_part) + "<wbr>");
    if (code.find('(') != code.npos) {  // no file's name: a.b(c)
      replace_all(html, "(", "(<wbr>");
      replace_all(html, "-&gt;", "-&gt;<wbr>");
      for (std::size_t at = 1; at + 1 < html.size(); ++at)
        if (html[at] == '.' && std::isalpha(static_cast<unsigned char>(html[at + 1])) &&
            (html[at - 1] == ')' || std::isalpha(static_cast<unsigned char>(html[at - 1]))))
          html.insert(at + 1, "<wbr>");
    }
    return "<code>" + html + "</code>";
  }

  static bool begins_with_sign(std::string_view text) {
    for (const char* sign : {"·", "= ", "− ", "+ ", "/ ", "→ "})
      if (text.starts_with(sign)) return true;
    return false;
  }

  /// Quotation marks as printers set them: "so" becomes “so”.
  std::string typeset(std::string_view text) {
    std::string html;
    char before = out_.empty() || out_.back() == '>' ? ' ' : out_.back();
    for (const char* tag : {"</code>", "</a>", "</em>", "</strong>", "</sup>"})
      if (out_.ends_with(tag)) before = 'a';
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '[') in_brackets_ = true;
      if (c == ']') in_brackets_ = false;
      // Shapes and products stay in one line: [2, 3], 3 · 4. Others may be broken behind a sign.
      if (c == ' ' && ((in_brackets_ && before == ',') || text.substr(0, i).ends_with("·") ||
                       begins_with_sign(text.substr(i + 1)))) {
        html += "&#160;";
        before = ' ';
        continue;
      }
      const bool opens = before == ' ' || before == '\n' || before == '(' || before == '[';
      if (c == '"')
        html += opens ? "“" : "”";
      else if (c == '\'')
        html += opens ? "‘" : "’";
      else
        html += escaped(std::string_view(&c, 1));
      before = c;
    }
    return html;
  }

  void close_exercise() {
    if (in_exercise_) out_ += "</section>\n";
    in_exercise_ = false;
  }

  void finish_heading() {
    const std::string html = out_.substr(heading_at_);
    out_.erase(heading_at_);
    const std::string words = plain_text(html);
    const int level = std::exchange(heading_, 0);
    if (level == 1 && result_.title.empty()) {
      result_.title = words;
      return;
    }
    std::string id = slug(words);
    if (const int times = ids_[id]++) id += "-" + std::to_string(times);
    if (level <= 3) close_exercise();
    result_.headings.push_back({level, id, html});
    const std::string anchor = fmt::format(
        "<a class=\"anchor\" href=\"#{}\" aria-label=\"Link to this section\">#</a>", id);
    if (level == 3 && is_exercise(words)) {
      const std::string number = words.substr(0, words.find(' '));
      out_ += fmt::format(
          "<section class=\"exercise\" data-exercise=\"{0}\">\n<h3 id=\"{1}\"><span "
          "class=\"number\">Exercise {0}</span> {2}{3}</h3>\n",
          number, id, html.substr(html.find(' ') + 1), anchor);
      in_exercise_ = true;
      return;
    }
    out_ += fmt::format("<h{0} id=\"{1}\">{2}{3}</h{0}>\n", level, id, html, anchor);
  }

  void finish_quote() {
    const std::size_t at = quotes_.back();
    quotes_.pop_back();
    for (const Admonition& a : admonitions) {
      const std::string opening = std::string("<blockquote>\n<p>") + a.mark;
      if (out_.compare(at, opening.size(), opening) != 0) continue;
      const std::size_t rest = at + opening.size();
      const bool alone = out_.compare(rest, 4, "</p>") == 0;
      out_.replace(
          at, opening.size() + (alone ? 5 : 1),
          fmt::format("<div class=\"admonition {}\"><p class=\"admonition-title\">{}</p>\n{}",
                      a.kind, a.title, alone ? "" : "<p>"));
      out_ += "</div>\n";
      return;
    }
    out_ += "</blockquote>\n";
  }

  /// The next block of the text that is fenced and stands as this one: where it comes from.
  Block origin() {
    while (next_block_ < blocks_.size()) {
      const Block& block = blocks_[next_block_++];
      if (block.image.empty()) return block;
    }
    return {};
  }

  void finish_code() {
    in_code_ = false;
    const Block block = fenced_ ? origin() : Block();
    if (language_ == "math") {
      out_ += "<div class=\"math display\">" + escaped(code_) + "</div>\n";
      return;
    }
    std::string bar;
    if (block.kind == "code") {
      const Origin origin = origin_of(block);
      const std::string link = around_.code_link(origin.file, "");
      bar = fmt::format("<figcaption><a href=\"{}\">{}</a></figcaption>", escaped(link),
                        escaped(origin.file));
    } else if (block.kind == "output") {
      bar = fmt::format(
          "<figcaption class=\"command\"><span class=\"prompt\">$ "
          "</span>{}</figcaption>",
          escaped(block.source.substr(0, block.source.find(" with "))));
    }
    const std::string kind = block.kind == "output" ? "output"
                             : language_.empty()    ? "text"
                                                    : language_;
    out_ += fmt::format("<figure class=\"code {}\">{}<pre tabindex=\"0\"><code>", kind, bar);
    std::string html = around_.highlight(code_, language_);
    while (html.ends_with('\n')) html.pop_back();
    out_ += html + "</code></pre></figure>\n";
  }

  /// GitHub's own HTML that the book knows: <details>, and tags within lines. Comments disappear.
  void raw_html(std::string_view html) {
    std::string text(html);
    for (std::size_t at = text.find("<!--"); at != text.npos; at = text.find("<!--", at)) {
      const std::size_t end = text.find("-->", at);
      if (end == text.npos) {
        text.erase(at);
        in_comment_ = true;
        break;
      }
      text.erase(at, end + 3 - at);
    }
    if (in_comment_) {
      const std::size_t end = text.find("-->");
      if (end != text.npos) in_comment_ = false;
      text.erase(0, end == text.npos ? text.size() : end + 3);
    }
    if (const std::string mark = "<sup data-note=\""; text.starts_with(mark)) {
      const std::string name = text.substr(mark.size(), text.find('"', mark.size()) - mark.size());
      auto at = std::ranges::find(order_, name);
      const bool first = at == order_.end();
      const std::size_t number = static_cast<std::size_t>(at - order_.begin()) + 1;
      if (first) order_.push_back(name);
      out_ += fmt::format(
          "<sup class=\"note-ref\"{0}><a href=\"#note-{1}\">{1}</a></sup>"
          "<span class=\"sidenote\" aria-hidden=\"true\"><b>{1}</b> {2}</span>",
          first ? fmt::format(" id=\"ref-{}\"", number) : "", number, note(name));
      return;
    }
    if (trimmed(text).empty()) return;
    if (text.starts_with("<details")) text.insert(8, text[8] == '>' ? " class=\"hint\"" : "");
    // "Hint 1: which idea": the number is said apart.
    if (const std::size_t at = text.find("<summary>Hint "); at != text.npos) {
      const std::size_t colon = text.find(':', at);
      text.replace(at, colon + 1 - at,
                   "<summary><b>" + text.substr(at + 9, colon - at - 9) + "</b>");
    }
    out_ += text;
  }

  std::string note(const std::string& name) {
    const auto at = notes_.find(name);
    if (at == notes_.end()) throw std::runtime_error("there is no footnote [^" + name + "]:");
    std::string html = render_markdown(at->second, around_).html;
    replace_all(html, "<p>", "");
    replace_all(html, "</p>", "");
    return trimmed(html);
  }

  const Surroundings& around_;
  std::vector<Block> blocks_;
  std::map<std::string, std::string> notes_;
  std::vector<std::string> order_;  // of the footnotes, by their first mention
  std::size_t next_block_ = 0;
  Rendered result_;
  std::string out_, code_, language_, image_;
  std::string beside_;  // the last path in this paragraph or cell
  std::vector<std::size_t> quotes_, paragraphs_;
  std::size_t heading_at_ = 0, image_at_ = 0, head_at_ = 0, cell_at_ = 0;
  std::map<std::string, int> ids_;
  int heading_ = 0, images_ = 0, links_ = 0;
  bool in_code_ = false, in_span_ = false, fenced_ = false, in_exercise_ = false,
       head_is_empty_ = false, in_comment_ = false, in_brackets_ = false;
};

/// Takes "[^name]: text" out of the text, and makes each [^name] outside of code a tag that
/// raw_html() knows.
std::string without_footnotes(const std::string& text, std::map<std::string, std::string>& notes) {
  std::string out, open;
  bool fenced = false;
  for (const std::string& line : lines_of(text)) {
    if (trimmed(line).starts_with("```")) fenced = !fenced;
    const std::size_t close = line.find("]:");
    if (!fenced && line.starts_with("[^") && close != line.npos) {
      open = line.substr(2, close - 2);
      notes[open] = trimmed(line.substr(close + 2));
      out += "\n";  // lines keep their numbers
      continue;
    }
    if (!open.empty() && line.starts_with("  ") && !trimmed(line).empty()) {
      notes[open] += " " + trimmed(line);
      out += "\n";
      continue;
    }
    open.clear();
    bool code = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (line[at] == '`') code = !code;
      const std::size_t end = line.find(']', at);
      if (!fenced && !code && line.compare(at, 2, "[^") == 0 && end != line.npos) {
        out += "<sup data-note=\"" + line.substr(at + 2, end - at - 2) + "\"></sup>";
        at = end;
        if (line.compare(end + 1, 6, "</sup>") == 0) at += 6;
        continue;
      }
      out += line[at];
    }
    out += "\n";
  }
  replace_all(out, "\"></sup>", "\">");
  return out;
}

/// md4c is C: exceptions must not pass through it.
struct Guarded {
  Writer writer;
  std::exception_ptr error;
};

template <class F>
int guard(void* data, F&& call) {
  auto& guarded = *static_cast<Guarded*>(data);
  try {
    call(guarded.writer);
    return 0;
  } catch (...) {
    guarded.error = std::current_exception();
    return 1;
  }
}

}  // namespace

Rendered render_markdown(const std::string& text, const Surroundings& surroundings) {
  std::map<std::string, std::string> notes;
  const std::string body = without_footnotes(text, notes);
  Guarded guarded{Writer(surroundings, blocks_in(body), notes), nullptr};
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_PERMISSIVEURLAUTOLINKS |
                 MD_FLAG_LATEXMATHSPANS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* data) {
    return guard(data, [&](Writer& w) { w.enter(type, detail); });
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* data) {
    return guard(data, [&](Writer& w) { w.leave(type); });
  };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* data) {
    return guard(data, [&](Writer& w) { w.enter(type, detail); });
  };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* data) {
    return guard(data, [&](Writer& w) { w.leave(type); });
  };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* characters, MD_SIZE size, void* data) {
    return guard(data, [&](Writer& w) { w.text(type, {characters, size}); });
  };
  const int status = md_parse(body.data(), static_cast<MD_SIZE>(body.size()), &parser, &guarded);
  if (guarded.error) std::rethrow_exception(guarded.error);
  if (status != 0) throw std::runtime_error("the Markdown parser failed");
  return guarded.writer.finish();
}

}  // namespace book
