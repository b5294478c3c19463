//===----------------------------------------------------------------------===//
// Checks for tools whose command line is MLIR's own.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GUARDS_TOOLARGUMENTS_H
#define FLM_TOOLS_GUARDS_TOOLARGUMENTS_H

namespace flm {

/// To be called at the start of `main` of a tool that hands its arguments to a
/// main function of MLIR, which opens its files itself: `-o` must not name an
/// input (MLIR empties the output before it has read all of the input), and no
/// input or argument may be nested too deep. Inputs are arguments that are no
/// options and, where there is none, the standard input, which is read to its
/// end.
/// Prints what is wrong and returns false.
bool checkToolArguments(int argc, char **argv);

} // namespace flm

#endif // FLM_TOOLS_GUARDS_TOOLARGUMENTS_H
