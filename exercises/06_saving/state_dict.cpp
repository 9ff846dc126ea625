#include "kindling/module.h"

namespace kindling::nn {

/// \exercise{6.1} The module's own parameters_, then its own buffers_, each under its name; then,
/// for each of children_, the child's state_dict() with "child." before the names. Undefined
/// tensors are left out. A tensor is handed out as detach() gives it: the same memory, but nobody
/// can record operations on it.
StateDict Module::state_dict() const {
  throw NotImplemented("6.1");
}

}  // namespace kindling::nn
