# A static library of the compiler, linked against libMLIR.so and libLLVM.so
# (never against MLIR's static libraries: two copies of one type id would not
# recognise each other).
#
#   flm_add_library(FLMDialect A.cpp B.cpp DEPENDS FLMDialectIncGen LINK FLMOther)
function(flm_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  flm_compiler_options(${name})
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
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  flm_compiler_options(${name})
endfunction()
