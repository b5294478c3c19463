//===----------------------------------------------------------------------===//
// Mutations of text that leave most of it well-formed.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_FUZZ_TOKENMUTATOR_H
#define FLM_TEST_FUZZ_TOKENMUTATOR_H

#include <string>
#include <string_view>

namespace flm::fuzz {

/// One to four changes of `text` that a parser may well accept: a token is
/// dropped, doubled or replaced by another one of the text, two lines change
/// places, a number becomes an extreme one, a name another. Bytes at random end
/// in the lexer nearly always.
std::string mutateTokens(std::string_view text, unsigned seed);

} // namespace flm::fuzz

#endif // FLM_TEST_FUZZ_TOKENMUTATOR_H
