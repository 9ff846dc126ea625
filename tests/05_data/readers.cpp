#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

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
  const std::string comma_or_semicolon =
      "; it looks as if cells were separated by ';', and not by ',': see CsvOptions::delimiter";
  CHECK(message("1,2\n3,4,5\n") == "line 2: expected 2 columns, as in the first row, got 3");
  CHECK(message("1,2\n\n3\n") == "line 3: expected 2 columns, as in the first row, got 1");
  CHECK(message("a,1\n1,2\n") == "line 1, column 1: expected a number of dtype float32, got \"a\"");
  CHECK(message("1,2\n3,x y\n") ==
        "line 2, column 2: expected a number of dtype float32, got \"x y\"");
  CHECK(message("1,,2\n") ==
        "line 1, column 2: expected a number of dtype float32, got an empty cell");
  CHECK(
      message("1,2,\n") ==
      "line 1, column 3: expected a number of dtype float32, got an empty cell; the line ends with "
      "a ','");
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
  CHECK(message("1," + std::string(100, 'z')).size() < 150);
  CHECK(message("1;2\n3;4\n") ==
        "line 1, column 1: expected a number of dtype float32, got \"1;2\"" + comma_or_semicolon);
  CHECK(message("a;b\n3;4\n") ==
        "line 2, column 1: expected a number of dtype float32, got \"3;4\"" + comma_or_semicolon);
  CHECK(message("1,5;2,5\n") ==
        "line 1, column 2: expected a number of dtype float32, got \"5;2\"" + comma_or_semicolon +
            ", and as if commas were decimal: expected points");
  CHECK(
      message("a;b\n1,5;2,5\n", {.delimiter = ';'}) ==
      "line 2, column 1: expected a number of dtype float32, got \"1,5\"; it looks like a decimal "
      "comma: expected a point");
  CHECK(contains(message("1,5;2,5\n", {.delimiter = ';'}), "it looks like a decimal comma"));
  CHECK(contains(message("\"-1,5\",2\n"), "got \"-1,5\"; it looks like a decimal comma"));
  CHECK(contains(message("1\t2\n"), "got \"1\\t2\"; it looks as if cells were separated by '\\t'"));
  CHECK(contains(message("1,2\n3,4\n5,6,\n"), "line 3, column 3: expected a number"));
  CHECK(message("1,2\r3,4\r") ==
        "line 1, column 2: expected a number of dtype float32, got \"2\\r3\"; it looks as if lines "
        "ended in CR alone: expected LF, or CR and LF");
  CHECK(
      contains(message("a\r1\r2\r"), "line 1 is a header; it looks as if lines ended in CR alone"));
  CHECK(contains(message("a,b\r1,2\r"), "it looks as if lines ended in CR alone"));
  CHECK(contains(message(std::string("\xFF\xFE"
                                     "1\0,\0",
                                     6)),
                 "got UTF-16"));
  CHECK(contains(message(std::string("\xFE\xFF\0"
                                     "1\0,",
                                     6)),
                 "got UTF-16"));
  CHECK(contains(message(std::string("1\0,\0"
                                     "2\0\n\0",
                                     8)),
                 "got \"1\\0\"; it looks like UTF-16, or no text at all"));
  CHECK(contains(message("1,\x1b[31m\xFF\n"), "got \"\\x1b[31m\\xff\""));
  CHECK(contains(message("1,ä€𝄞\xC2\x9b\n"), "got \"ä€𝄞\\xc2\\x9b\""));
  // Not cut in the middle of a character.
  CHECK(contains(message("1,x" + std::string(39, 'y') + "ä\n"),
                 "got \"x" + std::string(39, 'y') + "…\""));
  CHECK(contains(message("1,x" + std::string(38, 'y') + "ä\n"),
                 "got \"x" + std::string(38, 'y') + "…\""));
  CHECK(message("\"1\"2,3\n") ==
        "line 1: expected the next cell behind a closing quote, got \"2\"");
  CHECK(message("1,2\n3,\"4\n5,6\n") ==
        "line 2: a cell begins with a quote, and no other quote ends it");
  CHECK(message("a,b\n1,2,3\n") == "line 2: expected 2 columns, as in the header, got 3");
  CHECK(message("") == "expected at least one row of numbers, got none in 0 lines");
  CHECK(message("\n \n") == "expected at least one row of numbers, got none in 2 lines");
  CHECK(message("a,b\n", {.skip_rows = 1}) ==
        "expected at least one row of numbers, got none in 1 line, of which the first 1 were to be "
        "skipped");
  CHECK(message("a,b\n\n") ==
        "expected at least one row of numbers, got none in 2 lines; line 1 is a header");
  CHECK_FAILS(read_csv(folder / "absent.csv"),
              "absent.csv: cannot be opened: No such file or directory");
  CHECK_FAILS(read_csv(folder.path()), folder.path().string() + ": cannot be");
  for (const char delimiter : {'"', '\n', '\r', '\0', '.', '-', '1', 'e'})
    CHECK_FAILS(read_csv(folder / "x.csv", {.delimiter = delimiter}), "expected a delimiter that");
  CHECK_FAILS(read_csv(folder / "x.csv", {.dtype = bool_}),
              "expected a dtype of numbers, got bool");
}

TEST_CASE("read_csv reads what spreadsheets write") {
  const TemporaryFolder folder;
  const Tensor expected = tensor({{1., 2.5}, {-3., 4.}});
  for (const char* text : {
           "width,height\n1,2.5\n-3,4\n",
           "\"width\",\"height\"\r\n\"1\",\"2.5\"\r\n\"-3\",\"4\"\r\n",
           "\xEF\xBB\xBF\"width, in m\",\"height \"\"h\"\"\"\n1,\" 2.5 \"\n -3 , \"4\" \n",
           "\"two\nlines\",b\n1,2.5\n\n\"-3\",4",
           ",b\n1,2.5\n-3,4\n",         // an index without a title
           "größe,1x1\n1,2.5\n-3,4\n",  // a title that begins with a digit, beside one that does
                                        // not
           "a\"b,c\"\n1,2.5\n-3,4\n",
           "# a,b\n1,2.5\n-3,4",
       }) {
    INFO(text);
    CHECK(equal(read_csv(write(folder / "t", text)), expected));
  }
  CHECK(equal(read_csv(write(folder / "t", "a;b\n1;2.5\n-3;4"), {.delimiter = ';'}), expected));
  CHECK(equal(read_csv(write(folder / "t", "a\tb\n1\t2.5\n\"-3\"\t4"), {.delimiter = '\t'}),
              expected));
  CHECK(
      equal(read_csv(write(folder / "t", "junk\nmore \" junk\na,b\n1,2.5\n-3,4"), {.skip_rows = 2}),
            expected));
  CHECK(
      equal(read_csv(write(folder / "t", "a,b\n\"12\",3\n"), {.dtype = int64}), tensor({{12, 3}})));
  // These are numbers, not titles.
  CHECK(read_csv(write(folder / "t", "nan,inf\n1,2\n")).size(0) == 2);
  // A line number counts those within quotes.
  CHECK_FAILS(read_csv(write(folder / "t", "\"a\n\n\",b\n1,2\n3,x\n")), "t: line 5, column 2");
}

TEST_CASE("A pipe is read, plain and compressed") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0666) == 0);
  const std::string text = "1,2\n3,4\n";
  for (const std::string& content : {text, gzip(text)}) {
    std::thread writer([&] { write(folder / "pipe", content); });
    CHECK(equal(read_csv(folder / "pipe"), tensor({{1., 2.}, {3., 4.}})));
    writer.join();
  }
}

TEST_CASE("Readers name what cannot be read, and its cause") {
  const TemporaryFolder folder;
  const std::string long_name(300, 'n');
  CHECK_FAILS(read_csv(folder / long_name), ": cannot be opened: File name too long");
  CHECK_FAILS(read_idx(folder / long_name), ": cannot be opened: File name too long");
  CHECK_FAILS(mnist(folder / long_name, true), "File name too long");
  fs::create_symlink("loop", folder / "loop");
  CHECK_FAILS(read_csv(folder / "loop"),
              "loop: cannot be opened: Too many levels of symbolic links");
  CHECK_FAILS(mnist(folder / "loop", true), "Too many levels of symbolic links");
  CHECK_FAILS(read_csv(write(folder / "f", "1") / "x"), "cannot be opened: Not a directory");
  CHECK_FAILS(read_csv("/dev/null"), "it is not a regular file, but a device");
  CHECK_FAILS(read_csv(folder.path()), "it is not a regular file, but a folder");
  CHECK_FAILS(read_csv(std::string("a\0b", 3)), "a\\0b: cannot be opened: Invalid argument");
  CHECK_FAILS(read_csv("no\nsuch\x1b[1m"), "no\\nsuch\\x1b[1m: cannot be opened: No such file");
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

TEST_CASE("read_idx refuses numbers that the dtype cannot hold") {
  const auto floats = [](const std::string& bytes) {
    return idx(0x0D, {static_cast<std::uint32_t>(bytes.size() / 4)}, bytes);
  };
  const IdxOptions whole{.dtype = int64};
  CHECK(equal(parse(floats(std::string("\x40\x40\0\0\xBF\x80\0\0", 8)), whole), tensor({3, -1})));
  CHECK_FAILS(parse(floats(std::string("\x3F\x80\0\0\x7F\xC0\0\0", 8)), whole),
              "file: element 1: expected a whole number within the range of int64, got nan");
  CHECK_FAILS(parse(floats(std::string("\x7F\x80\0\0", 4)), whole), "int64, got inf");
  CHECK_FAILS(parse(floats(std::string("\xFF\x80\0\0", 4)), whole), "int64, got -inf");
  CHECK_FAILS(parse(floats(std::string("\x3F\xC0\0\0", 4)), whole), "int64, got 1.5");
  // ±2⁶³: one is just too large, the other is the smallest int64.
  CHECK_FAILS(parse(floats(std::string("\x5F\0\0\0", 4)), whole), "int64, got 9.22337e+18");
  CHECK(parse(floats(std::string("\xDF\0\0\0", 4)), whole).item<std::int64_t>() == INT64_MIN);
  CHECK_FAILS(parse(floats(std::string("\xDF\0\0\1", 4)), whole), "int64, got -9.22337e+18");

  const auto doubles = [](const std::string& bytes) { return idx(0x0E, {1}, bytes); };
  CHECK_FAILS(
      parse(doubles(std::string("\x7F\xEF\xFF\xFF\xFF\xFF\xFF\xFF", 8)), {.dtype = float32}),
      "file: element 0: expected a number within the range of float32, got 1.79769e+308");
  CHECK_FAILS(parse(doubles(std::string("\x7F\xF8\0\0\0\0\0\0", 8)), whole), "int64, got nan");
  CHECK_FAILS(parse(doubles(std::string("\x43\xE0\0\0\0\0\0\0", 8)), whole),
              "int64, got 9.22337e+18");
  CHECK(parse(doubles(std::string("\x7F\xF0\0\0\0\0\0\0", 8)), {.dtype = float32}).item() ==
        HUGE_VAL);
  CHECK(std::isnan(
      parse(doubles(std::string("\x7F\xF8\0\0\0\0\0\0", 8)), {.dtype = float32}).item()));
  CHECK(parse(doubles(std::string("\x3F\xF0\0\0\0\0\0\0", 8)), {.dtype = float32}).item() == 1);
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

TEST_CASE("MNIST's files, under the names that people have them under") {
  const std::string images = idx(0x08, {2, 28, 28}, std::string(2 * 28 * 28, '\xFF'));
  const std::string labels = idx(0x08, {2}, "\7\2");
  for (const std::string part : {"train", "t10k"})
    for (const std::string image_end : {"-idx3-ubyte", ".idx3-ubyte"})
      for (const std::string label_end : {"-idx1-ubyte", ".idx1-ubyte"})
        for (const std::string extension : {"", ".gz"}) {
          const TemporaryFolder folder;
          write(folder / (part + "-images" + image_end + extension),
                extension.empty() ? images : gzip(images));
          write(folder / (part + "-labels" + label_end + extension),
                extension.empty() ? labels : gzip(labels));
          CHECK(mnist(folder.path(), part == "train").size() == 2);
        }
  // Unpacked by a program that makes a folder for each file.
  const TemporaryFolder folder;
  for (const char* name : {"train-images.idx3-ubyte", "train-labels-idx1-ubyte"})
    fs::create_directory(folder / name);
  write(folder / "train-images.idx3-ubyte" / "train-images.idx3-ubyte", images);
  write(folder / "train-labels-idx1-ubyte" / "train-labels.idx1-ubyte", labels);
  CHECK(mnist(folder.path(), true).size() == 2);
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
