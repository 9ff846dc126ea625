#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "kindling/data.h"
#include "kindling/ops.h"
#include "testing/files.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;

namespace {

/// An IDX file: type and lengths, and then the elements as they are.
std::string idx(char type, const std::vector<std::uint32_t>& lengths, const std::string& elements) {
  std::string file{'\0', '\0', type, static_cast<char>(lengths.size())};
  for (std::uint32_t length : lengths)
    for (int shift = 24; shift >= 0; shift -= 8) file += static_cast<char>(length >> shift);
  return file + elements;
}

Tensor parse(const std::string& file, const IdxOptions& options = {}) {
  return parse_idx(std::as_bytes(std::span(file)), "file", options);
}

}  // namespace

TEST_CASE("read_csv reads numbers, plain and compressed") {
  const TemporaryFolder folder;
  const std::string text =
      "\xEF\xBB\xBF"
      "a,b\n 1.5 ,-2\r\n+3e2,.25\n\n1e-50,nan";
  for (const auto& [name, content] :
       {std::pair("a.csv", text), std::pair("a.csv.gz", gzip(text))}) {
    const Tensor t = read_csv(write(folder / name, content), {.skip_rows = 1});
    CHECK(t.dtype() == float32);
    CHECK(t.shape() == Shape{3, 2});
    CHECK(equal(t.narrow(0, 0, 2), tensor({{1.5, -2.}, {300., .25}})));
    CHECK(t[2][0].item() == 0);  // too small for a float
    CHECK(std::isnan(t[2][1].item()));
  }
  const Tensor whole =
      read_csv(write(folder / "i", "9007199254740993;-1\n"), {.delimiter = ';', .dtype = int64});
  CHECK(whole[0][0].item<std::int64_t>() == 9007199254740993);
  CHECK(read_csv(write(folder / "d", "0.1"), {.dtype = float64}).item() == 0.1);
  CHECK(read_csv(write(folder / "f", "0.1")).item<float>() == 0.1F);
}

TEST_CASE("read_csv names file, line and column") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& text, const CsvOptions& options = {}) {
    const fs::path path = write(folder / "x.csv", text);
    const std::string message = message_of([&] { read_csv(path, options); });
    CHECK(message.starts_with(path.string() + ": "));
    return message.substr(std::min(message.size(), path.string().size() + 2));
  };
  CHECK(message("1,2\n3,4,5\n") == "line 2: expected 2 columns, as in the first row, got 3");
  CHECK(message("1,2\n\n3\n") == "line 3: expected 2 columns, as in the first row, got 1");
  CHECK(message("a,b\n1,2\n") == "line 1, column 1: expected a number of dtype float32, got \"a\"");
  CHECK(message("1,2\n3,x y\n") ==
        "line 2, column 2: expected a number of dtype float32, got \"x y\"");
  CHECK(message("1,,2\n") ==
        "line 1, column 2: expected a number of dtype float32, got an empty cell");
  CHECK(message("1,2,\n") ==
        "line 1, column 3: expected a number of dtype float32, got an empty cell");
  CHECK(message("1e39\n") ==
        "line 1, column 1: expected a number within the range of float32, got \"1e39\"");
  CHECK(message("1.5\n", {.dtype = int64}) ==
        "line 1, column 1: expected a whole number of dtype int64, got \"1.5\"");
  CHECK(message("9223372036854775808\n", {.dtype = int64}) ==
        "line 1, column 1: expected a whole number within the range of int64, got "
        "\"9223372036854775808\"");
  CHECK(message("1 2\n") == "line 1, column 1: expected a number of dtype float32, got \"1 2\"");
  CHECK(message("+-1\n") == "line 1, column 1: expected a number of dtype float32, got \"+-1\"");
  CHECK(message("0x10\n") == "line 1, column 1: expected a number of dtype float32, got \"0x10\"");
  CHECK(message(std::string(100, 'z')).size() < 150);
  CHECK(message("") == "expected at least one row of numbers, got none in 0 lines");
  CHECK(message("\n \n") == "expected at least one row of numbers, got none in 2 lines");
  CHECK(message("a,b\n", {.skip_rows = 1}) ==
        "expected at least one row of numbers, got none in 1 line, of which the first 1 were to be "
        "skipped");
  CHECK_FAILS(read_csv(folder / "absent.csv"),
              "absent.csv: cannot be opened: No such file or directory");
  CHECK_FAILS(read_csv(folder.path()), folder.path().string() + ": cannot be");
  CHECK_FAILS(read_csv(folder / "x.csv", {.dtype = bool_}),
              "expected a dtype of numbers, got bool");
}

TEST_CASE("A gzip file that was cut off, or damaged, is no shorter file") {
  const TemporaryFolder folder;
  const std::string whole = gzip("1,2\n3,4\n5,6\n");
  for (std::size_t length = 2; length < whole.size(); ++length) {
    INFO(length);
    CHECK_FAILS(read_csv(write(folder / "cut.gz", whole.substr(0, length))), "cut.gz: ");
  }
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  CHECK_FAILS(read_csv(write(folder / "bad.gz", damaged)),
              "bad.gz: cannot be read: incorrect data check");
}

TEST_CASE("read_idx knows every type of the format") {
  CHECK(equal(parse(idx(0x08, {2, 2}, {'\1', '\2', '\3', '\xFF'})), tensor({{1, 2}, {3, 255}})));
  CHECK(equal(parse(idx(0x09, {2}, {'\1', '\xFF'})), tensor({1, -1})));
  CHECK(equal(parse(idx(0x0B, {2}, {'\1', '\2', '\xFF', '\xFE'})), tensor({258, -2})));
  CHECK(equal(parse(idx(0x0C, {2}, std::string("\0\1\0\0\xFF\xFF\xFF\xFE", 8))),
              tensor({65536, -2})));
  CHECK(equal(parse(idx(0x0D, {1}, std::string("\x3F\xC0\0\0", 4))), tensor({1.5})));
  CHECK(equal(parse(idx(0x0E, {1}, std::string("\xBF\xF8\0\0\0\0\0\0", 8))),
              tensor({-1.5}, float64)));
  CHECK(equal(parse(idx(0x08, {}, "\7")), tensor(7)));
  CHECK(parse(idx(0x08, {0, 3}, "")).shape() == Shape{0, 3});
}

TEST_CASE("read_idx converts") {
  const std::string pixels = idx(0x08, {3}, std::string("\0\x33\xFF", 3));
  CHECK(equal(parse(pixels, {.dtype = float32, .divisor = 255}), tensor({0., 0.2, 1.})));
  CHECK(equal(parse(pixels, {.dtype = float64}), tensor({0., 51., 255.}, float64)));
  CHECK(equal(parse(pixels, {.dtype = bool_}), tensor({false, true, true})));
  CHECK_FAILS(parse(pixels, {.divisor = 255}),
              "only floating-point numbers can be divided by 255, got dtype int64");
  const TemporaryFolder folder;
  CHECK(equal(read_idx(write(folder / "a", pixels)), tensor({0, 51, 255})));
  CHECK(equal(read_idx(write(folder / "a.gz", gzip(pixels))), tensor({0, 51, 255})));
}

TEST_CASE("read_idx believes nothing") {
  CHECK_FAILS(parse(""), "file: expected an IDX file, which has at least 4 bytes, got 0");
  CHECK_FAILS(parse("\x89PNG"), "begins with two zero bytes, got 137 and 80");
  CHECK_FAILS(parse(idx(0x0A, {1}, "x")),
              "the type of the elements, 8, 9, 11, 12, 13 or 14, in byte 2, got 10");
  CHECK_FAILS(parse(std::string("\0\0\x08\3\0\0\0\1\0\0", 10)),
              "the lengths of 3 axes in bytes 4 to 15, but the file ends after 10");
  CHECK_FAILS(parse(idx(0x08, {2, 3}, "12345")),
              "expected 6 elements of 1 bytes, for shape [2, 3], after the header, got 5 bytes");
  CHECK_FAILS(parse(idx(0x08, {2, 3}, "1234567")), "got 7 bytes");
  CHECK_FAILS(parse(idx(0x0E, {1}, "1234")), "expected 1 elements of 8 bytes");
  CHECK_FAILS(parse(idx(0x08, {0xFFFFFFFF, 0xFFFFFFFF}, "x")), "file: ");
  CHECK_FAILS(parse(idx(0x08, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "x")), "file: shape");
  CHECK_FAILS(parse(idx(0x0E, {0x80000000, 0x80000000}, "x")), "file: ");
  CHECK_FAILS(parse(idx(0x0E, {0x80000000, 0x40000000}, "")),
              "file: ");  // 2⁶¹ elements of 8 bytes: 0 mod 2⁶⁴
  CHECK_FAILS(parse(idx(0x08, std::vector<std::uint32_t>(255, 2), "x")), "file: ");
  CHECK_FAILS(read_idx("/absent"), "/absent: cannot be opened");
}

TEST_CASE("MNIST's files") {
  const TemporaryFolder folder;
  const std::string images = idx(0x08, {2, 28, 28}, std::string(2 * 28 * 28, '\xFF'));
  write(folder / "t10k-images-idx3-ubyte", images);
  CHECK_FAILS(
      mnist(folder.path(), false),
      "t10k-labels-idx1-ubyte or the same with .gz, got neither. To get MNIST: ./learn data mnist");
  write(folder / "t10k-labels-idx1-ubyte.gz", gzip(idx(0x08, {2}, "\7\2")));
  const TensorDataset dataset = mnist(folder.path(), false);
  CHECK(dataset.data().shape() == Shape{2, 1, 28, 28});
  CHECK(dataset.data().dtype() == float32);
  CHECK(min(dataset.data()).item() == 1);
  CHECK(equal(dataset.targets(), tensor({7, 2})));
  CHECK_FAILS(mnist(folder.path(), true), "train-images-idx3-ubyte");

  write(folder / "t10k-labels-idx1-ubyte", idx(0x08, {3}, "\7\2\1"));  // comes before the .gz
  CHECK_FAILS(mnist(folder.path(), false), "expected a label for each of 2 images, got 3");
  write(folder / "t10k-labels-idx1-ubyte", idx(0x08, {2}, "\7\xA"));
  CHECK_FAILS(mnist(folder.path(), false), "expected labels from 0 to 9, got 10");
  write(folder / "t10k-labels-idx1-ubyte", images);
  CHECK_FAILS(mnist(folder.path(), false), "expected labels, of shape [examples], got [2, 28, 28]");

  write(folder / "t10k-labels-idx1-ubyte", idx(0x08, {2}, "\7\2"));
  fs::create_directory(folder / "mnist");
  for (const char* name : {"t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"})
    fs::rename(folder / name, folder.path() / "mnist" / name);
  setenv("KINDLING_DATA", folder.path().c_str(), 1);
  CHECK(mnist(false).size() == 2);
  unsetenv("KINDLING_DATA");
}
