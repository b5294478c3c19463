# Nearly all of the time to compile a file is reading MLIR's headers, so they are
# compiled once: for files that need no flm dialect, and with it for the rest.
# Files still include what they use: CMAKE_DISABLE_PRECOMPILE_HEADERS builds too.
set(FLM_MLIR_HEADERS
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/Func/IR/FuncOps.h>
  <mlir/Dialect/GPU/IR/GPUDialect.h>
  <mlir/Dialect/LLVMIR/LLVMDialect.h>
  <mlir/Dialect/LLVMIR/NVVMDialect.h>
  <mlir/Dialect/Math/IR/Math.h>
  <mlir/Dialect/MemRef/IR/MemRef.h>
  <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/Dialect/Vector/IR/VectorOps.h>
  <mlir/IR/PatternMatch.h>
  <mlir/Parser/Parser.h>
  <mlir/Pass/PassManager.h>
)

# A static library of the compiler, linked against libMLIR.so and libLLVM.so
# (never against MLIR's static libraries: two copies of one type id would not
# recognise each other).
#
# HEADERS names the precompiled headers: FLMMlirHeaders where the flm dialect is
# not read, NONE for a library that reads no MLIR.
#
#   flm_add_library(FLMDialect A.cpp B.cpp DEPENDS FLMDialectIncGen LINK FLMOther)
function(flm_add_library name)
  cmake_parse_arguments(ARG "" "HEADERS" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  flm_compiler_options(${name})
  flm_use_headers(${name} ${ARG_HEADERS})
  # All of them are installed (Install.cmake).
  set_property(GLOBAL APPEND PROPERTY FLM_LIBRARIES ${name})
endfunction()

# What flm_add_library's HEADERS says; FLMDialectHeaders by default.
function(flm_use_headers target)
  set(owner FLMDialectHeaders)
  if(ARGN)
    set(owner ${ARGV1})
  endif()
  if(NOT owner STREQUAL NONE)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# The owner of precompiled headers. Where CMAKE_DISABLE_PRECOMPILE_HEADERS is on,
# an empty library.
function(flm_add_headers name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cpp CONTENT "// Owns precompiled headers.\n" @ONLY)
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  flm_compiler_options(${name})
  target_precompile_headers(${name} PRIVATE ${ARG_UNPARSED_ARGUMENTS})
  # The same bytes for the same headers, so that a compiler cache knows them.
  target_compile_options(${name} PRIVATE
    "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endfunction()

# LLVM's own flags: no RTTI (as the packaged libraries), no exceptions.
function(flm_compiler_options target)
  if(NOT LLVM_ENABLE_RTTI)
    target_compile_options(${target} PRIVATE -fno-rtti)
  endif()
  target_compile_options(${target} PRIVATE -fno-exceptions)
endfunction()

# An executable of the compiler.
function(flm_add_tool name)
  cmake_parse_arguments(ARG "" "HEADERS" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  flm_compiler_options(${name})
  # As the libraries, whose precompiled headers it reads.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  flm_use_headers(${name} ${ARG_HEADERS})
endfunction()
