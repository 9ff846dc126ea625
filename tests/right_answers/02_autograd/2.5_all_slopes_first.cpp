/// Computes all slopes before it compares any.
GradcheckResult gradcheck(const std::function<Tensor(const Tensors&)>& f, Tensors inputs,
                          double eps, double atol, double rtol) {
  for (Tensor& input : inputs) {
    const bool wanted = input.requires_grad();
    check(!wanted || input.dtype() == float64,
          "gradcheck: inputs that require gradients must be float64, got ", input.dtype());
    input = input.detach().clone().requires_grad_(wanted);
  }
  const Tensor out = f(inputs);
  const Tensor weights = weights_for(out);
  out.backward(weights);
  std::vector<std::vector<double>> slopes(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    const Tensor& x = inputs[i];
    for (std::int64_t at = 0; at < x.numel(); ++at) {
      const double kept = x.data_ptr<double>()[at];
      double values[2];
      for (int side = 0; side < 2; ++side) {
        x.data_ptr<double>()[at] = side == 0 ? kept - eps : kept + eps;
        values[side] = weighted_sum(f(inputs));
        x.data_ptr<double>()[at] = kept;
      }
      slopes[i].push_back((values[1] - values[0]) / (2 * eps));
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (slopes[i].empty()) continue;
    const Tensor grad = inputs[i].grad().defined() ? inputs[i].grad() : zeros_like(inputs[i]);
    const std::vector<double> computed = grad.to_vector<double>();
    for (std::size_t at = 0; at < computed.size(); ++at) {
      const double off = std::abs(computed[at] - slopes[i][at]);
      if (off <= atol + rtol * std::abs(slopes[i][at])) continue;
      std::ostringstream message;
      message << "gradcheck: input " << i << " of shape " << inputs[i].shape() << ", element "
              << index_of(static_cast<std::int64_t>(at), inputs[i].shape()) << ": expected "
              << slopes[i][at] << " (central difference), got " << computed[at] << " (backward)";
      return {false, message.str()};
    }
  }
  return {};
}
