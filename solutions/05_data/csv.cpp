#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <string_view>

#include "error_text.h"
#include "kindling/data.h"
#include "read_file.h"

/// Tables of numbers as text.
namespace kindling::data {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Splits off what stands before the next `end`, or everything.
std::string_view take_until(std::string_view& text, char end) {
  const auto at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return taken;
}

enum class Parsed { ok, malformed, out_of_range };

/// The whole of `text` as a number, whatever the locale.
template <class T>
Parsed parse_number(std::string_view text, T& value) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || stopped != end) return Parsed::malformed;
  if (error == std::errc{}) return Parsed::ok;
  if constexpr (std::is_floating_point_v<T>) {
    // Too large is an error; too small is the nearest number there is, perhaps 0.
    static const locale_t classic = newlocale(LC_ALL_MASK, "C", nullptr);
    value = static_cast<T>(strtod_l(std::string(text).c_str(), nullptr, classic));
    if (std::abs(value) < 1) return Parsed::ok;
  }
  return Parsed::out_of_range;
}

/// One row: its cells, without quotes and surrounding blanks.
struct Row {
  std::int64_t line = 0;  // the number of its first line
  std::string_view text;  // all of it, as it stands in the file
  std::vector<std::string_view> cells;
  std::deque<std::string> unquoted;  // cells that had quotes
};

/// Takes a table apart, row by row.
class RowReader {
 public:
  RowReader(std::string_view text, std::string file, const CsvOptions& options)
      : rest_(text), file_(std::move(file)), delimiter_(options.delimiter) {
    while (!rest_.empty() && line_ < options.skip_rows) take_line();
  }

  /// The next row that is not empty. \return false if there is none
  bool next(Row& row) {
    row.cells.clear();
    row.unquoted.clear();
    while (!rest_.empty()) {
      row.line = line_ + 1;
      const std::string_view before = rest_;
      const std::string_view line = take_line();
      row.text = line;
      if (trim(line).empty()) continue;
      if (line.find('"') == line.npos) {
        split(line, row);
      } else {
        rest_ = before;  // a cell in quotes may go on in the next line
        --line_;
        while (take_cell(row)) {
        }
        row.text = before.substr(0, before.size() - rest_.size());
      }
      return true;
    }
    return false;
  }

  std::int64_t lines() const { return line_; }
  /// "table.csv: line 3"
  std::string place(const Row& row) const { return file_ + ": line " + std::to_string(row.line); }

 private:
  std::string_view take_line() {
    ++line_;
    return take_until(rest_, '\n');
  }

  void split(std::string_view line, Row& row) const {
    for (bool more = true; more;) {
      more = line.find(delimiter_) != line.npos;
      row.cells.push_back(trim(take_until(line, delimiter_)));
    }
  }

  /// \return whether another cell follows in this row
  bool take_cell(Row& row) {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
    const bool is_quoted = rest_.starts_with('"');
    if (is_quoted) take_quoted(row);
    const std::size_t end = std::min(rest_.find(delimiter_), rest_.find('\n'));
    const std::string_view cell = trim(rest_.substr(0, end));
    if (!is_quoted)
      row.cells.push_back(cell);
    else if (!cell.empty())
      fail(place(row), ": expected the next cell behind a closing quote, got ", in_quotes(cell));
    const bool ends = end == rest_.npos || rest_[end] == '\n';
    rest_.remove_prefix(std::min(end, rest_.size()));
    if (!rest_.empty()) rest_.remove_prefix(1);
    if (ends) ++line_;
    return !ends;
  }

  /// A quote within quotes is written twice.
  void take_quoted(Row& row) {
    std::string& cell = row.unquoted.emplace_back();
    for (bool more = true; more;) {
      rest_.remove_prefix(1);
      const std::size_t end = rest_.find('"');
      if (end == rest_.npos)
        fail(place(row), ": a cell begins with a quote, and no other quote ends it");
      line_ += std::ranges::count(rest_.substr(0, end), '\n');
      cell += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      more = rest_.starts_with('"');
      if (more) cell += '"';
    }
    row.cells.push_back(trim(cell));
  }

  bool is_blank(char c) const { return c != delimiter_ && (c == ' ' || c == '\t'); }

  std::string_view rest_;
  std::string file_;
  char delimiter_;
  std::int64_t line_ = 0;  // how many have been taken
};

/// Whether it is digits, a comma, digits.
bool has_decimal_comma(std::string_view cell) {
  const std::size_t comma = cell.find(',');
  if (comma == cell.npos) return false;
  std::string with_point(cell);
  with_point[comma] = '.';
  double value = 0;
  return parse_number(with_point, value) == Parsed::ok;
}

/// What a row that cannot be read looks like, for the end of an error; empty if like nothing known.
std::string looks_like(const Row& row, std::string_view cell, char delimiter) {
  if (row.text.find('\0') != row.text.npos)
    return "; it looks like UTF-16, or no text at all: expected UTF-8";
  if (trim(row.text).find('\r') != row.text.npos)
    return "; it looks as if lines ended in CR alone: expected LF, or CR and LF";
  if (has_decimal_comma(cell)) return "; it looks like a decimal comma: expected a point";
  if (cell.empty() && trim(row.text).ends_with(delimiter))
    return std::string("; the line ends with a '") + delimiter + "'";
  for (const char other : {';', '\t', '|', ','})
    if (other != delimiter && cell.find(other) != cell.npos)
      return "; it looks as if cells were separated by '" + printable({&other, 1}) +
             "', and not by '" + printable({&delimiter, 1}) + "': see CsvOptions::delimiter" +
             (other == ';' && row.text.find(',') != row.text.npos
                  ? ", and as if commas were decimal: expected points"
                  : "");
  return {};
}

/// Whether the row has titles and no numbers.
bool is_header(const Row& row) {
  const auto is_number = [](std::string_view cell) {
    double value = 0;
    return parse_number(cell, value) != Parsed::malformed;
  };
  const auto is_title = [](std::string_view cell) {
    if (cell.empty()) return false;
    const auto first = static_cast<unsigned char>(cell[0]);
    return std::isalpha(first) || first >= 0x80 || first == '_' || first == '#';
  };
  return std::ranges::any_of(row.cells, is_title) && std::ranges::none_of(row.cells, is_number);
}

template <class T>
void append_row(const Row& row, const RowReader& reader, const CsvOptions& options,
                std::vector<T>& numbers) {
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string_view cell = row.cells[i];
    const Parsed parsed = parse_number(cell, numbers.emplace_back());
    if (parsed != Parsed::ok)
      fail(reader.place(row), ", column ", i + 1, ": expected a ",
           options.dtype == int64 ? "whole number" : "number",
           parsed == Parsed::out_of_range ? " within the range of " : " of dtype ", options.dtype,
           ", got ", cell.empty() ? "an empty cell" : in_quotes(cell),
           looks_like(row, cell, options.delimiter));
  }
}

template <class T>
Tensor read_table(std::string_view text, const std::string& file, const CsvOptions& options) {
  RowReader reader(text, file, options);
  std::vector<T> numbers;
  std::int64_t rows = 0;
  Row row, header;
  std::size_t columns = 0;
  for (bool is_first = true; reader.next(row); is_first = false) {
    if (is_first) columns = row.cells.size();
    if (is_first && is_header(row)) {
      std::swap(header, row);
      continue;
    }
    append_row(row, reader, options, numbers);
    if (row.cells.size() != columns)
      fail(reader.place(row), ": expected ", columns, " columns, as in the ",
           header.cells.empty() ? "first row" : "header", ", got ", row.cells.size(),
           looks_like(row, row.cells.back(), options.delimiter));
    ++rows;
  }
  if (rows == 0)
    fail(file, ": expected at least one row of numbers, got none in ", reader.lines(),
         reader.lines() == 1 ? " line" : " lines",
         options.skip_rows > 0
             ? ", of which the first " + std::to_string(options.skip_rows) + " were to be skipped"
             : "",
         header.cells.empty() ? ""
                              : "; line " + std::to_string(header.line) + " is a header" +
                                    looks_like(header, header.cells.back(), options.delimiter));
  return tensor(numbers).view({rows, static_cast<std::int64_t>(columns)});
}

/// UTF-16 and UTF-32, as Windows marks them.
void check_encoding(std::string_view text, const std::string& file) {
  check(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"), file,
        ": expected a text of single bytes or UTF-8, got UTF-16, whose characters have two bytes ",
        "each: save it as \"CSV UTF-8\"");
}

}  // namespace

Tensor read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  check(options.dtype != bool_, "read_csv: expected a dtype of numbers, got bool");
  check(options.skip_rows >= 0, "read_csv: expected a skip_rows of 0 or more, got ",
        options.skip_rows);
  check(std::string_view("\"\r\n\0.+-", 7).find(options.delimiter) == std::string_view::npos &&
            !std::isalnum(static_cast<unsigned char>(options.delimiter)),
        "read_csv: expected a delimiter that no number and no end of a line has in it, got '",
        printable({&options.delimiter, 1}), "'");
  return read_into_memory(path, [&] {
    const std::vector<std::byte> bytes = read_file(path);
    const std::string file = printable_path(path);
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    check_encoding(text, file);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // how Windows marks UTF-8
    return dispatch(options.dtype, [&]<class T>() -> Tensor {
      if constexpr (std::is_same_v<T, bool>)
        return {};
      else
        return read_table<T>(text, file, options);
    });
  });
}

}  // namespace kindling::data
