/// Keeps what goes through in a static, which threads share.
/// \caught at once, four threads got other results | it crashed
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  static Tensor y;
  struct LetGo {
    ~LetGo() { y = Tensor(); }
  } let_go;
  y = x;
  for (Module* layer : layers_) y = (*layer)(y);
  return Tensor(y);
}
