/// The rate comes back with the optimiser, but the scheduler begins at epoch 0.
/// \caught last_epoch() of another scheduler, after load_checkpoint(): expected 3, got 0
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  return saved;
}

void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}
