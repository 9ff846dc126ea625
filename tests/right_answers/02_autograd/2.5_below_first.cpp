/// Goes below first, and records nothing there.
GradcheckResult gradcheck(const std::function<Tensor(const Tensors&)>& f, Tensors inputs,
                          double eps, double atol, double rtol) {
  Tensors copies;
  for (const Tensor& input : inputs) {
    if (input.requires_grad() && input.dtype() != float64)
      check(false, "gradcheck: inputs that require gradients must be float64, got ", input.dtype());
    copies.push_back(input.detach().clone());
    if (input.requires_grad()) copies.back().requires_grad_();
  }
  {
    const Tensor out = f(copies);
    out.backward(weights_for(out));
  }
  const auto slope_at = [&](double& x) {
    NoGrad guard;
    const double here = x;
    x = here - eps;
    const double below = weighted_sum(f(copies));
    x = here + eps;
    const double above = weighted_sum(f(copies));
    x = here;
    return (above - below) / 2 / eps;
  };
  for (std::size_t i = 0; i < copies.size(); ++i) {
    if (!copies[i].requires_grad()) continue;
    const Tensor grad = copies[i].grad();
    const std::vector<double> computed =
        grad.defined() ? grad.to_vector<double>()
                       : std::vector<double>(static_cast<std::size_t>(copies[i].numel()));
    for (std::size_t at = 0; at < computed.size(); ++at) {
      const double expected = slope_at(copies[i].data_ptr<double>()[at]);
      if (!(std::abs(expected - computed[at]) <= atol + rtol * std::abs(expected))) {
        std::ostringstream text;
        text << "gradcheck: input " << i << " of shape " << inputs[i].shape() << ", element "
             << index_of(static_cast<std::int64_t>(at), inputs[i].shape()) << ": expected "
             << expected << " (central difference), got " << computed[at] << " (backward)";
        return {false, text.str()};
      }
    }
  }
  return {};
}
