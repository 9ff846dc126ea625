/// Copies all inputs anew for each of the two points.
GradcheckResult gradcheck(const std::function<Tensor(const Tensors&)>& f, Tensors inputs,
                          double eps, double atol, double rtol) {
  for (const Tensor& input : inputs)
    check(!input.requires_grad() || input.dtype() == float64,
          "gradcheck: inputs that require gradients must be float64, got ", input.dtype());
  const auto copied = [&] {
    Tensors out;
    for (const Tensor& input : inputs)
      out.push_back(input.detach().clone().requires_grad_(input.requires_grad()));
    return out;
  };
  const Tensors walked = copied();
  const Tensor out = f(walked);
  out.backward(weights_for(out));
  const auto value = [&](std::size_t input, std::int64_t at, double by) {
    const Tensors moved = copied();
    moved[input].data_ptr<double>()[at] += by;
    return weighted_sum(f(moved));
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::int64_t at = 0; inputs[i].requires_grad() && at < inputs[i].numel(); ++at) {
      const Tensor grad = walked[i].grad();
      const double computed = grad.defined() ? grad.contiguous().data_ptr<double>()[at] : 0.;
      const double expected = (value(i, at, eps) - value(i, at, -eps)) / (2 * eps);
      if (std::abs(computed - expected) <= atol + rtol * std::abs(expected)) continue;
      std::ostringstream message;
      message << "gradcheck: input " << i << " of shape " << inputs[i].shape() << ", element "
              << index_of(at, inputs[i].shape()) << ": expected " << expected
              << " (central difference), got " << computed << " (backward)";
      return {false, message.str()};
    }
  return {};
}
