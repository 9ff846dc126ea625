# For each exercise n.m, that is, for each file of solutions/ with the tag \exercise{n.m}:
#
#   judge_n.m   runs its test cases on exercises/, with solutions/ for all else: ./learn test n.m
#   proof_n.m   the same on the stub, which must fail, on every mutant tests/mutants/*/n.m_*, which must be caught, and on every
#               right answer that is written in another way, tests/right_answers/*/n.m_*, which must pass
#
# Kernels (.cu) are judged by the simulator, which sees what they do to memory, in a build for a GPU, too: on a GPU half of the
# wrong answers pass. What has passed is run there afterwards: 07_gpu/on_gpu.

set(sources judge/runner.cpp judge/main.cpp judge/events.cpp judge/verdict.cpp)  # runner.cpp configures doctest
kindling_together(judge ${sources})
add_library(judge_main OBJECT EXCLUDE_FROM_ALL ${sources} judge/counting_backend.cpp)
target_include_directories(judge_main PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(judge_main PRIVATE kindling_testing kindling_tools)
# Random programs write and read a great deal of text.
add_library(judge_strings OBJECT EXCLUDE_FROM_ALL judge/strings.cpp)
target_link_libraries(judge_strings PRIVATE kindling_headers)
target_compile_definitions(judge_strings PRIVATE _GLIBCXX_ASSERTIONS)

if(KINDLING_CUDA_MODE STREQUAL "real")
  # What stands for kindling_07_gpu in judges: its kernels, compiled for the simulator.
  kindling_glob(sources ../common/src/cuda/*.cu ../solutions/07_gpu/*.cu)
  add_library(kindling_simulated_07_gpu OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(kindling_simulated_07_gpu PRIVATE kindling_headers kindling_internals)
  kindling_simulated_cuda(kindling_simulated_07_gpu)
  set(KINDLING_SIMULATED_07_GPU kindling_simulated_07_gpu)
elseif(KINDLING_CUDA_MODE STREQUAL "simulated")
  set(KINDLING_SIMULATED_07_GPU kindling_07_gpu)
endif()

function(kindling_link_judge target chapter)  # solution...
  # What is asked of chapters 2 to 4 holds on a GPU, too. Nothing is simulated for chapter 1, which should be judged soon,
  # and the ranks of chapter 8 take the GPU that there is.
  if(KINDLING_SIMULATED_07_GPU AND chapter MATCHES "^0[2-7]_")
    set(KINDLING_SIMULATED_JUDGE ON)
  endif()
  set(KINDLING_COUNTED ON)
  kindling_link_without(${target} ${chapter} ${ARGN})
endfunction()

# What the answers of a chapter are compared with (common/testing/beside.h): build/references/NN_chapter runs the same
# random programs on the solutions.
add_library(reference_main OBJECT EXCLUDE_FROM_ALL judge/reference.cpp judge/counting_backend.cpp)
target_include_directories(reference_main PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(reference_main PRIVATE kindling_testing judging_options)
target_precompile_headers(reference_main REUSE_FROM exercise_headers)
foreach(chapter IN LISTS KINDLING_CHAPTERS)
  if(TARGET exercises_${chapter} AND NOT chapter STREQUAL "07_gpu")  # whose reference is below
    add_executable(reference_${chapter} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:judge_strings> $<TARGET_OBJECTS:reference_main>
                                                         $<TARGET_OBJECTS:exercises_${chapter}>)
    target_link_libraries(reference_${chapter} PRIVATE kindling_testing kindling_tools)
    if(NOT chapter STREQUAL "01_tensors")
      target_link_libraries(reference_${chapter} PRIVATE kindling_fixtures)
    endif()
    kindling_link_judge(reference_${chapter} ${chapter})
    set_target_properties(reference_${chapter} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/references
                                                          OUTPUT_NAME ${chapter})
  endif()
endforeach()

add_library(exercise_options INTERFACE)
# A learner's warning is no reason not to run the answer: it comes behind the -Werror of the others, and so overrides it.
add_library(only_warnings INTERFACE)
target_compile_options(only_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-error>)
target_link_libraries(exercise_options INTERFACE judging_options only_warnings)
# A stub does not use its parameters, nor its helpers.
set(options -Wno-unused-parameter -Wno-unused-function -Wno-unused-variable -Wno-unused-const-variable)
target_compile_options(exercise_options INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${options};-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=>")

# The same for kernels. -O1 is compiled as quickly as -O0 here, and its code is simpler.
add_library(kernel_options INTERFACE)
target_link_libraries(kernel_options INTERFACE exercise_options)
if(TARGET kindling_simulator)
  target_link_libraries(kernel_options INTERFACE kindling_quick_build kindling_simulator
                                                kindling_simulator_checks)
  add_library(kernel_headers OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/common/testing/headers.cpp)
  target_link_libraries(kernel_headers PRIVATE kernel_options)
  set(headers fold.h kernels.h warp.h)
  list(TRANSFORM headers PREPEND ${PROJECT_SOURCE_DIR}/common/src/cuda/)
  target_precompile_headers(kernel_headers PRIVATE ${headers} <algorithm> <cmath> <limits>)
endif()

# Whoever waits for a verdict waits for the linker: the fastest that is here, where there are several.
include(CheckLinkerFlag)
set(fast_linker)
foreach(linker IN ITEMS mold gold lld)
  find_program(KINDLING_LD_${linker} ld.${linker})
  if(KINDLING_LD_${linker})
    check_linker_flag(CXX -fuse-ld=${linker} KINDLING_HAS_${linker})
  endif()
  if(KINDLING_LD_${linker} AND KINDLING_HAS_${linker})
    set(fast_linker -fuse-ld=${linker})
    break()
  endif()
endforeach()

# A program TARGET that judges the code in SOURCE as exercise NUMBER, whose solution is SOLUTION.
function(kindling_judge target number solution source)
  cmake_path(GET solution PARENT_PATH chapter)
  add_library(${target}_code OBJECT EXCLUDE_FROM_ALL ${source})
  if(NOT solution MATCHES "\\.cu$")
    target_link_libraries(${target}_code PRIVATE exercise_options)
    target_precompile_headers(${target}_code REUSE_FROM exercise_headers)
  else()
    target_link_libraries(${target}_code PRIVATE kernel_options)
    if(TARGET kindling_simulator)
      set_source_files_properties(${source} PROPERTIES LANGUAGE CXX)
      target_precompile_headers(${target}_code REUSE_FROM kernel_headers)
    endif()
  endif()
  add_executable(${target} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:judge_strings> $<TARGET_OBJECTS:${target}_code>
                           $<TARGET_OBJECTS:judged_${number}> $<TARGET_OBJECTS:judge_main>
                           $<TARGET_OBJECTS:exercises_${chapter}>)
  target_link_libraries(${target} PRIVATE kindling_testing kindling_tools ${CMAKE_DL_LIBS})
  if(NOT chapter STREQUAL "01_tensors")
    target_link_libraries(${target} PRIVATE kindling_fixtures)
  endif()
  target_link_options(${target} PRIVATE ${fast_linker})
  kindling_link_judge(${target} ${chapter} ${solution})
  add_dependencies(${target} reference_${chapter})
  # For ./learn, which removes what was compiled of another text.
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/judged/${target}.objects CONTENT "$<TARGET_OBJECTS:${target}_code>\n")
endfunction()

# The solutions of chapter 7, compiled once more, as answers are: the simulator looks at what they do to memory. They have to
# pass, and a judge compares its counts with theirs.
if(TARGET exercises_07_gpu)
  kindling_glob(solutions ../solutions/07_gpu/*.cu)
  list(TRANSFORM solutions REPLACE ".*/(07_gpu/)" "\\1" OUTPUT_VARIABLE names)
  add_library(checked_solutions_07_gpu OBJECT ${solutions})
  target_link_libraries(checked_solutions_07_gpu PRIVATE kernel_options)
  if(TARGET kindling_simulator)
    set_source_files_properties(${solutions} PROPERTIES LANGUAGE CXX)
    target_precompile_headers(checked_solutions_07_gpu REUSE_FROM kernel_headers)
  endif()
  foreach(target IN ITEMS test_07_gpu_exercises reference_07_gpu)
    add_executable(${target} $<TARGET_OBJECTS:judge_strings> $<TARGET_OBJECTS:checked_solutions_07_gpu>
                             $<TARGET_OBJECTS:exercises_07_gpu>)
    target_link_libraries(${target} PRIVATE kindling_testing kindling_tools)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    kindling_link_judge(${target} 07_gpu ${names})
  endforeach()
  target_link_libraries(test_07_gpu_exercises PRIVATE doctest_main)
  target_sources(test_07_gpu_exercises PRIVATE judge/counting_backend.cpp)
  add_test(NAME 07_gpu_exercises COMMAND test_07_gpu_exercises)
  set_tests_properties(07_gpu_exercises PROPERTIES LABELS 07_gpu TIMEOUT 300)
  target_sources(reference_07_gpu PRIVATE $<TARGET_OBJECTS:reference_main>)
  set_target_properties(reference_07_gpu PROPERTIES EXCLUDE_FROM_ALL ON OUTPUT_NAME 07_gpu
                                                    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/references)
endif()

# Code in FILE that calls itself NAME, in messages and in the debug information.
function(kindling_rename file name)
  set(options -fmacro-prefix-map=${file}=${name} -fdebug-prefix-map=${file}=${PROJECT_SOURCE_DIR}/${name})
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${options}")
endfunction()

# What the judges of a chapter share, so that ./learn can build it with everybody watching: judges_NN_chapter.
add_custom_target(judges)
foreach(chapter IN LISTS KINDLING_CHAPTERS)
  add_custom_target(judges_${chapter})
  kindling_parts(parts ${chapter})
  if(NOT chapter STREQUAL "01_tensors")
    list(APPEND parts kindling_fixtures)
  endif()
  foreach(shared IN ITEMS ${parts} kindling_testing judge_main judge_strings exercise_headers exercises_${chapter} reference_${chapter})
    if(TARGET ${shared})
      add_dependencies(judges_${chapter} ${shared})
    endif()
  endforeach()
  add_dependencies(judges judges_${chapter})
endforeach()
if(TARGET kernel_headers)
  add_dependencies(judges_07_gpu kernel_headers)
endif()

set(every_proof)
foreach(chapter IN LISTS KINDLING_CHAPTERS)
  kindling_glob(solutions ../solutions/${chapter}/*)
  foreach(solution IN LISTS solutions)
    file(STRINGS ${solution} tags REGEX [[^ *///.*\\exercise{[0-9]+\.[0-9]+}]])
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${solution})
    if(NOT tags)
      continue()
    endif()
    string(REGEX MATCH [[\\exercise{([0-9]+\.[0-9]+)}]] tag "${tags}")
    set(number ${CMAKE_MATCH_1})
    cmake_path(GET solution FILENAME name)
    set(file exercises/${chapter}/${name})
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/judged/${number}.cpp CONTENT [[
#include "testing/judged.h"
const char* const kindling::testing::judged_exercise = "@number@";
const char* const kindling::testing::judged_file = "@file@";
const char* const kindling::testing::judged_reference = "@PROJECT_BINARY_DIR@/references/@chapter@";
]] @ONLY)
    add_library(judged_${number} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/judged/${number}.cpp)
    target_include_directories(judged_${number} PRIVATE ${PROJECT_SOURCE_DIR}/common)

    if(name MATCHES "\\.cu$" AND KINDLING_CUDA_MODE STREQUAL "off")  # its judges say how to switch it on
      foreach(kind IN ITEMS judge practice)
        add_executable(${kind}_${number} EXCLUDE_FROM_ALL judge_without_cuda.cpp $<TARGET_OBJECTS:judged_${number}>)
        target_link_libraries(${kind}_${number} PRIVATE kindling_tools)
        set(folder judges)
        if(kind STREQUAL "practice")
          set(folder practice_judges)
        endif()
        set_target_properties(${kind}_${number} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder}
                                                           OUTPUT_NAME ${number})
      endforeach()
      continue()
    endif()

    # Answers may be missing until ./learn reset puts a stub there: GENERATED keeps CMake from looking for them.
    set(answer ${PROJECT_SOURCE_DIR}/${file})
    set(practised ${PROJECT_BINARY_DIR}/practice/${chapter}/${name})  # where the tests of ./learn write
    set_source_files_properties(${answer} ${practised} PROPERTIES GENERATED TRUE)
    kindling_rename(${practised} ${file})
    kindling_judge(judge_${number} ${number} ${chapter}/${name} ${answer})
    set_target_properties(judge_${number} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/judges
                                                     OUTPUT_NAME ${number})
    kindling_judge(practice_${number} ${number} ${chapter}/${name} ${practised})
    set_target_properties(practice_${number} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/practice_judges
                                                        OUTPUT_NAME ${number})

    # Hundreds of programs, of which CMake writes for longer than of all others.
    if(NOT KINDLING_PROOFS OR KINDLING_SANITIZE)
      continue()
    endif()
    cmake_path(GET solution EXTENSION LAST_ONLY extension)
    kindling_glob(mutants mutants/${chapter}/${number}_*${extension} right_answers/${chapter}/${number}_*${extension})
    set(proofs)
    foreach(answer IN ITEMS - LISTS mutants)
      set(variant stub)
      set(wrong_answer)
      if(NOT answer STREQUAL "-")
        cmake_path(GET answer STEM LAST_ONLY variant)
        set(wrong_answer ${answer})
      endif()
      set(generated ${PROJECT_BINARY_DIR}/proof/${number}/${variant}${extension})
      add_custom_command(OUTPUT ${generated} DEPENDS carve ${solution} ${wrong_answer}
                         COMMAND carve --answer ${solution} ${answer} ${generated} VERBATIM)
      kindling_rename(${generated} ${file})
      set(target proof_${number}_${variant})
      kindling_judge(${target} ${number} ${chapter}/${name} ${generated})
      set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/proof/${number}
                                                 OUTPUT_NAME ${variant})
      list(APPEND proofs ${target})
    endforeach()
    add_custom_target(proof_${number} DEPENDS ${proofs})
    list(APPEND every_proof proof_${number})
  endforeach()
endforeach()

# The sanitizers have nothing to say about wrong answers, and neither of these runs the library.
if(NOT KINDLING_SANITIZE)
  set(names learn)
  if(KINDLING_PROOFS)
    list(APPEND names proof)
  endif()
  foreach(name IN LISTS names)
    kindling_test(${name} ${name}.cpp)
    target_link_libraries(test_${name} PRIVATE kindling_tools)
    target_compile_definitions(test_${name} PRIVATE KINDLING_BINARY_DIR="${PROJECT_BINARY_DIR}"
                                                    KINDLING_CUDA_MODE="${KINDLING_CUDA_MODE}")
    add_dependencies(test_${name} carve learn_program judges ${every_proof})
  endforeach()
  kindling_test(learn_words learn_words.cpp)
  target_link_libraries(test_learn_words PRIVATE kindling_tools)
  target_compile_definitions(test_learn_words PRIVATE KINDLING_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_dependencies(test_learn_words learn_program)
  # These look at what ./learn says, not at judges, of which the proof takes new seeds each time.
  set_tests_properties(learn learn_words PROPERTIES ENVIRONMENT KINDLING_SEED=1)
  if(KINDLING_PROOFS)
    set_tests_properties(proof PROPERTIES TIMEOUT 1800 COST 200)  # hundreds of judges, one after the other
  endif()
  set_tests_properties(learn PROPERTIES TIMEOUT 1200 COST 100)  # the longest by itself: it goes first
endif()
