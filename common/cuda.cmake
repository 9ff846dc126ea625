# Who runs the kernels of chapter 7. KINDLING_CUDA_MODE becomes what KINDLING_CUDA asks for: real, simulated or off;
# KINDLING_NCCL, whether there is NCCL or what stands for it.
set(KINDLING_NCCL OFF)
if(NOT KINDLING_CUDA MATCHES "^(auto|real|simulated|off)$")
  message(FATAL_ERROR "KINDLING_CUDA: expected auto, real, simulated or off, got ${KINDLING_CUDA}")
endif()
set(KINDLING_CUDA_MODE ${KINDLING_CUDA})
if(KINDLING_CUDA MATCHES "auto|real")
  find_program(KINDLING_NVCC nvcc HINTS /usr/local/cuda/bin)
endif()
if(KINDLING_CUDA STREQUAL "auto")
  set(KINDLING_CUDA_MODE simulated)
  execute_process(COMMAND nvidia-smi -L RESULT_VARIABLE status OUTPUT_VARIABLE gpus ERROR_QUIET)
  if(KINDLING_NVCC AND status EQUAL 0 AND gpus MATCHES "GPU 0")
    set(KINDLING_CUDA_MODE real)
  endif()
endif()

# What the kernels and their callers are compiled and linked with.
add_library(kindling_gpu INTERFACE)

# kindling_use_cuda(TARGET) has the .cu files of TARGET compiled by whom it is to be.
if(KINDLING_CUDA_MODE STREQUAL "off")
  function(kindling_use_cuda target)
  endfunction()
  return()
endif()

if(KINDLING_CUDA_MODE STREQUAL "real")
  if(NOT KINDLING_NVCC)
    message(FATAL_ERROR "KINDLING_CUDA=real: expected nvcc in the PATH or in /usr/local/cuda/bin, and found none")
  endif()
  # Of -I/a,b it makes two folders, and $ it hands to a shell.
  if("${PROJECT_SOURCE_DIR}${PROJECT_BINARY_DIR}" MATCHES "[,$]")
    message(FATAL_ERROR "nvcc cannot compile in a folder whose path has the character ${CMAKE_MATCH_0}: ${PROJECT_SOURCE_DIR}\n"
                        "Move or rename the folder, or do without the GPU: -DKINDLING_CUDA=simulated")
  endif()
  set(CMAKE_CUDA_COMPILER ${KINDLING_NVCC})
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)  # A100, H100, and whatever comes after
  endif()
  enable_language(CUDA)
  if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 has not heard that nvcc knows C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  # Else nvcc would be told of /usr/include once more, before the compiler's own folders.
  list(APPEND CMAKE_CUDA_IMPLICIT_INCLUDE_DIRECTORIES ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
  find_package(CUDAToolkit REQUIRED)
  target_link_libraries(kindling_gpu INTERFACE CUDA::cudart CUDA::cublasLt)
  # From GPU to GPU in chapter 8. Without it, ranks send what is on a GPU through the CPU's memory.
  find_path(NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(NCCL_INCLUDE_DIR AND NCCL_LIBRARY)
    set(KINDLING_NCCL ON)
    target_include_directories(kindling_gpu SYSTEM INTERFACE ${NCCL_INCLUDE_DIR})
    target_link_libraries(kindling_gpu INTERFACE ${NCCL_LIBRARY})
  endif()
  function(kindling_use_cuda target)
  endfunction()
  add_subdirectory(common/simulator)  # for the judges: see tests/judges.cmake
else()
  add_subdirectory(common/simulator)
  set(KINDLING_NCCL ON)
  target_link_libraries(kindling_gpu INTERFACE kindling_simulator)
  function(kindling_use_cuda target)
    kindling_simulated_cuda(${target} ${ARGN})
  endfunction()
endif()
