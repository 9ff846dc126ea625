/// Saves no tensors without elements.
/// \caught_at_random cannot go on from this checkpoint | in the file
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  std::erase_if(saved.tensors, [](const auto& entry) { return entry.second.numel() == 0; });
  return saved;
}
