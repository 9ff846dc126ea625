/// Looks at the next batch of random numbers to save it: the run goes on with others.
/// \caught a run that was saved after every step
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) {
    generator->random();
    saved.texts[name] = generator->state();
  }
  return saved;
}
