# What `cmake --install` and the Debian packages hold, in two components:
#
#   flmc      tools, runtime archives, models, pages: compiles and trains
#   flmc-dev  headers, td files, libraries, a CMake package: for passes, plugins
#             and tools outside this tree
#
# bin/ and lib/flmc/ lie to each other as in the build folder: that is how flmc
# finds the runtime.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(FLM_INSTALL_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR}/flmc)
set(FLM_INSTALL_LIB lib/flmc)
set(FLM_INSTALL_CMAKE lib/cmake/flmc)
set(FLM_INSTALL_DOC ${CMAKE_INSTALL_DATADIR}/doc/flmc)

# The runtime that training binaries are linked with.
set(runtimes FlmRuntime FlmRuntimeCuda)
if(FLM_HAVE_MPI)
  list(APPEND runtimes FlmRuntimeMpi)
endif()
install(TARGETS ${runtimes} ARCHIVE DESTINATION ${FLM_INSTALL_LIB} COMPONENT flmc)

install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/flmc/models
  COMPONENT flmc FILES_MATCHING PATTERN *.mlir)
install(FILES README.md DESTINATION ${FLM_INSTALL_DOC} COMPONENT flmc)
install(FILES runtime/README.md DESTINATION ${FLM_INSTALL_DOC}/runtime COMPONENT flmc)
install(DIRECTORY docs DESTINATION ${FLM_INSTALL_DOC} COMPONENT flmc)

install(TARGETS flm-data RUNTIME COMPONENT flmc)
if(FLM_BUILD_COMPILER)
  set(tools flmc flm-emulate flm-interpret flm-lsp-server flm-opt flm-reduce flm-translate
    flm-tune-gemm)
  # MLIR's and LLVM's libraries stay where the toolchain has them.
  set_target_properties(${tools} PROPERTIES INSTALL_RPATH "${LLVM_LIBRARY_DIRS}")
  install(TARGETS ${tools} RUNTIME COMPONENT flmc)

  # Headers are found below one folder, under the names that they have here.
  foreach(root ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    install(DIRECTORY ${root}/dialects ${root}/passes ${root}/codegen ${root}/runtime
      DESTINATION ${FLM_INSTALL_INCLUDE} COMPONENT flmc-dev
      FILES_MATCHING PATTERN *.h PATTERN *.td PATTERN *.def PATTERN *.inc
      PATTERN CMakeFiles EXCLUDE
      # The runtime is plain C++ that nothing is built against but its ABI.
      REGEX "/runtime/(checkpoint|comm|data|device|train)$" EXCLUDE)
  endforeach()
  get_property(libraries GLOBAL PROPERTY FLM_LIBRARIES)
  install(TARGETS ${libraries} EXPORT flmc-targets
    ARCHIVE DESTINATION ${FLM_INSTALL_LIB} COMPONENT flmc-dev
    INCLUDES DESTINATION ${FLM_INSTALL_INCLUDE})
  install(EXPORT flmc-targets NAMESPACE flmc:: DESTINATION ${FLM_INSTALL_CMAKE}
    COMPONENT flmc-dev)
  configure_package_config_file(tools/dev/flmc-config.cmake.in
    ${PROJECT_BINARY_DIR}/flmc-config.cmake INSTALL_DESTINATION ${FLM_INSTALL_CMAKE}
    PATH_VARS FLM_INSTALL_INCLUDE)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/flmc-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/flmc-config.cmake
    ${PROJECT_BINARY_DIR}/flmc-config-version.cmake
    DESTINATION ${FLM_INSTALL_CMAKE} COMPONENT flmc-dev)
endif()

# `ninja package`: flmc_*.deb and flmc-dev_*.deb.
find_program(FLM_DPKG dpkg-query)
if(NOT FLM_DPKG OR NOT FLM_BUILD_COMPILER)
  return()
endif()
# The package that a file of this machine belongs to.
function(flm_package_of result file)
  file(REAL_PATH "${file}" real)
  execute_process(COMMAND ${FLM_DPKG} -S "${real}" "${file}"
    OUTPUT_VARIABLE output ERROR_QUIET)
  string(REGEX MATCH "^[^:, ]+" package "${output}")
  set(${result} "${package}" PARENT_SCOPE)
endfunction()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME flmc)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The flmc developers <flmc@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL flmc flmc-dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_FLMC_PACKAGE_NAME flmc)
set(CPACK_DEBIAN_FLMC_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_FLMC_DESCRIPTION
  "${PROJECT_DESCRIPTION}\n flmc, its tools, the runtime that training binaries are linked with, and models.")
# What flmc links training binaries with (codegen/binary/SystemLibraries.h).
set(dependencies)
foreach(variable FLM_SCRT1 FLM_LIBSTDCXX FLM_LIBGCC)
  get_directory_property(file DIRECTORY codegen/binary DEFINITION ${variable})
  flm_package_of(package "${file}")
  list(APPEND dependencies ${package})
endforeach()
list(REMOVE_DUPLICATES dependencies)
list(JOIN dependencies ", " CPACK_DEBIAN_FLMC_PACKAGE_DEPENDS)
if(FLM_HAVE_MPI)
  # Only for plans of several ranks.
  flm_package_of(package "${FLM_LIBMPI}")
  set(CPACK_DEBIAN_FLMC_PACKAGE_RECOMMENDS "${package}, openmpi-bin")
endif()
set(CPACK_DEBIAN_FLMC-DEV_PACKAGE_NAME flmc-dev)
set(CPACK_DEBIAN_FLMC-DEV_PACKAGE_DEPENDS
  "flmc (= ${PROJECT_VERSION}), libmlir-22-dev, llvm-22-dev, mlir-22-tools")
set(CPACK_DEBIAN_FLMC-DEV_PACKAGE_SUGGESTS "liblld-22-dev, clang-22, cmake")
set(CPACK_COMPONENT_FLMC-DEV_DESCRIPTION
  "Headers, libraries and a CMake package of flmc\n For passes, plugins and tools that use the flm dialect.")
include(CPack)
