/// Begins with a copy of x, which is then no longer x itself if there are no layers.
/// \caught expected x itself, got a copy
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x.clone();
  for (Module* layer : layers_) y = (*layer)(y);
  return y;
}
