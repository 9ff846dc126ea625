/// Saves no buffers of int64.
/// \caught_at_random the program goes another way | load_checkpoint()
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) {
    StateDict all = run.model->state_dict();
    std::erase_if(all, [](const auto& t) { return t.second.dtype() == int64; });
    append(saved.tensors, "model.", all);
  };
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  return saved;
}
