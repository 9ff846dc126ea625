#include "kindling/autograd.h"
#include "kindling/ddp.h"

/// Data parallelism in its simplest form.
namespace kindling::distributed {

/// \exercise{8.3} Registers a hook on each parameter that requires a gradient, which is called once
/// backward() has brought its .grad up to date, and averages it over the ranks, in place. A hook
/// does not hold its parameter, which holds the hook: neither would ever be freed. The results take
/// the hooks off again, in the order of the parameters.
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  throw NotImplemented("8.3");
}

}  // namespace kindling::distributed
