#pragma once
/// The library under test: each benchmark is compiled twice, over Kindling and over libtorch.
#ifdef BENCH_LIBTORCH
#include "libtorch.h"
#else
#include "kindling.h"
#endif
