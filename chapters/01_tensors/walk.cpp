/// How operands are walked together: how many rows an addition of two tensors needs, and with
/// `01_tensors/walk steps`, which place each operand is read at, one step a line.
#include <fmt/format.h>

#include <string>

#include "kindling/cpu_backend.h"

using namespace kindling;

/// The rows that remain once all axes have been merged that can be.
static void count_rows(const char* what, const Layout& b) {
  const Layout a(b.shape);
  Walk walk({&a, &a, &b});  // the result, and two operands
  merge_axes(walk);
  int rows = 0;
  for_each_row(walk, [&](const RowOffsets&) { ++rows; });
  fmt::print("  {:<34}{:>5} {} {:>6}\n", what, rows, rows == 1 ? "row  of" : "rows of",
             numel(b.shape) / rows);
}

/// A dense matrix [4, 6], a transposed one, and a row that is repeated.
static void print_steps() {
  const Layout dense({4, 6});
  const Layout transposed = transpose(Layout({6, 4}), 0, 1);
  const Layout repeated = expand(Layout({6}), {4, 6});
  fmt::print("# step  dense  transposed  repeated\n");
  int step = 0;
  const Walk walk({&dense, &transposed, &repeated});
  for_each_row(walk, [&](const RowOffsets& at) {
    for (int j = 0; j < 6; ++j)
      fmt::print("{} {} {} {}\n", step++, at[0] + j * walk.strides[0][1],
                 at[1] + j * walk.strides[1][1], at[2] + j * walk.strides[2][1]);
    fmt::print("\n");  // gnuplot lifts its pen
  });
}

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "steps") {
    print_steps();
    return 0;
  }
  const Shape images{64, 3, 28, 28};
  fmt::print("a dense [64, 3, 28, 28], plus b, which is\n");
  count_rows("dense, too", Layout(images));
  count_rows("one number, []", expand(Layout(Shape{}), images));
  count_rows("one number per channel, [3, 1, 1]", expand(Layout({3, 1, 1}), images));
  count_rows("one row, [28]", expand(Layout({28}), images));
  count_rows("with its last two axes exchanged", transpose(Layout(images), 2, 3));
}
