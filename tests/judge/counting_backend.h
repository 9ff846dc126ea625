#pragma once
#include "testing/beside.h"

namespace kindling::testing {

/// All that the backends of this program have been asked to do.
Work count_work();

}  // namespace kindling::testing
