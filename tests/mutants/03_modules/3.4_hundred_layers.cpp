/// Calls the first hundred.
/// \caught [0] through 1100 times
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  int many = 0;
  for (Module* layer : layers_)
    if (many++ < 100) y = (*layer)(y);
  return y;
}
