/// Nothing: CMake compiles the headers that exercises include together with it.
