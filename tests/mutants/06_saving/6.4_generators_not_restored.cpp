/// Saves the generators, and forgets to take them back.
/// \caught its next number after load_checkpoint(): expected
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
}
