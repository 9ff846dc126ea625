/// The hour, sections 1 and 2: what is there, and tensors.
#include <iostream>

#include "kindling/ops.h"
#include "kindling/version.h"
#include "kindling/xtensor.h"

using namespace kindling;

static void section(const char* title) { std::cout << "\n--- " << title << "\n"; }

int main() {
  std::cout << std::boolalpha;
  section("1  What is here");
  std::cout << "Kindling " << version() << "\n";
  std::cout << "cuda::is_available(): " << cuda::is_available()
            << ", devices: " << cuda::device_count() << "\n";

  section("2.1  Scalars, vectors, matrices, and beyond");
  Tensor scalar = tensor(1);
  Tensor vector = tensor({1, 2, 3});
  Tensor matrix = tensor({{1, 2}, {3, 4}});
  Tensor cube = tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
  for (const Tensor& t : {scalar, vector, matrix, cube})
    std::cout << t.dim() << "-D: " << t << "\n";

  std::cout << "\nFrom an array, by copy and sharing its memory:\n";
  xt::xarray<std::int64_t> array = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  Tensor shared = from_xtensor(array);
  Tensor copied = shared.clone();
  array(0, 0, 0) = 999;
  std::cout << "array(0, 0, 0) = 999;\n";
  std::cout << "the copy:   " << copied[0][0][0].item<std::int64_t>() << "\n";
  std::cout << "the shared: " << shared[0][0][0].item<std::int64_t>() << "\n";

  section("2.2  Data types");
  std::cout << "tensor({1, 2, 3}).dtype():    " << vector.dtype() << "\n";
  std::cout << "tensor({1., 2., 3.}).dtype(): " << tensor({1., 2., 3.}).dtype() << "\n";
  std::cout << "vector.to(float32).dtype():   " << vector.to(float32).dtype() << "\n";

  section("2.3  Common operations");
  Tensor t = tensor({{1, 2, 3}, {4, 5, 6}});
  std::cout << "t = " << t << "\n";
  std::cout << "t.shape() = " << t.shape() << "\n";
  std::cout << "t.reshape({3, 2}) =\n" << t.reshape({3, 2}) << "\n";
  std::cout << "t.view({3, 2}) =\n" << t.view({3, 2}) << "\n";
  std::cout << "t.T() =\n" << t.T() << "\n";
  std::cout << "matmul(t, t.T()) =\n" << matmul(t, t.T()) << "\n";
}
