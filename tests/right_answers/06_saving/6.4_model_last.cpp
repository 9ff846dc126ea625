/// Captures the model last.
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  if (run.model)
    for (auto& [name, tensor] : run.model->state_dict())
      saved.tensors.emplace_back("model." + name, tensor);
  return saved;
}
