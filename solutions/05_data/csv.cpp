#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

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

/// The table under construction.
template <class T>
struct Table {
  std::vector<T> cells;
  std::int64_t rows = 0, columns = 0;
};

template <class T>
void parse_row(std::string_view line, const std::string& place, const CsvOptions& options,
               Table<T>& table) {
  std::int64_t column = 0;
  for (bool more = true; more;) {
    more = line.find(options.delimiter) != line.npos;
    const std::string_view cell = trim(take_until(line, options.delimiter));
    T value{};
    const Parsed parsed = parse_number(cell, value);
    ++column;
    if (parsed != Parsed::ok) {
      const std::string shown(cell.substr(0, 40));
      fail(place, ", column ", column, ": expected a ",
           options.dtype == int64 ? "whole number" : "number",
           parsed == Parsed::out_of_range ? " within the range of " : " of dtype ", options.dtype,
           ", got ",
           cell.empty() ? "an empty cell" : '"' + shown + (cell.size() > 40 ? "…\"" : "\""));
    }
    table.cells.push_back(value);
  }
  if (table.rows == 0) table.columns = column;
  check(column == table.columns, place, ": expected ", table.columns,
        " columns, as in the first row, got ", column);
  ++table.rows;
}

}  // namespace

Tensor read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  check(options.dtype != bool_, "read_csv: expected a dtype of numbers, got bool");
  check(options.skip_rows >= 0, "read_csv: expected a skip_rows of 0 or more, got ",
        options.skip_rows);
  const std::vector<std::byte> bytes = read_file(path);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // how Windows marks UTF-8

  return dispatch(options.dtype, [&]<class T>() -> Tensor {
    if constexpr (std::is_same_v<T, bool>) {
      return {};
    } else {
      Table<T> table;
      std::int64_t line = 0;
      while (!text.empty()) {
        const std::string_view row = take_until(text, '\n');
        if (++line <= options.skip_rows || trim(row).empty()) continue;
        parse_row(row, path.string() + ": line " + std::to_string(line), options, table);
      }
      check(table.rows > 0, path.string(), ": expected at least one row of numbers, got none in ",
            line, line == 1 ? " line" : " lines",
            options.skip_rows > 0 ? ", of which the first " : "",
            options.skip_rows > 0 ? std::to_string(options.skip_rows) + " were to be skipped" : "");
      return tensor(table.cells).view({table.rows, table.columns});
    }
  });
}

}  // namespace kindling::data
