//===----------------------------------------------------------------------===//
// English, Chinese and code to train a small tokenizer on, written for the
// tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_TOOLS_FLM_DATA_TRAININGCORPUS_H
#define FLM_TEST_TOOLS_FLM_DATA_TRAININGCORPUS_H

#include <string>

inline const std::string English =
    "The compiler reads a specification and writes a program. The program "
    "reads tokens, and step by step it learns which token follows which.\n"
    "A step has a forward pass, a backward pass, and an update; the update "
    "is what makes the next step better than the last.\n\n"
    "When the loss no longer falls, the learning rate falls instead. It's the "
    "oldest trick there is, and in 1951 it was already known.\n";
inline const std::string Chinese =
    "编译器读入一份训练说明，然后写出一个程序。这个程序读入词元，一步一步地"
    "学习哪个词元跟在哪个词元后面。\n"
    "每一步都有前向计算、反向计算和更新；更新使下一步比上一步更好。\n\n"
    "当损失不再下降时，就降低学习率。这是最古老的办法，在1951年就已经有人"
    "知道了。\n";
inline const std::string Code =
    "#include <vector>\n\n"
    "int sum(const std::vector<int> &values) {\n"
    "  int total = 0;\n"
    "  for (int value : values) {\n"
    "    if (value > 0)\n"
    "      total += value;\n"
    "  }\n"
    "  return total;\n"
    "}\n\n"
    "def steps(n):\n"
    "\tfor step in range(n):\n"
    "\t\tyield step ** 2, f\"{step:>8}\"  # two tabs, two  spaces\n";

#endif // FLM_TEST_TOOLS_FLM_DATA_TRAININGCORPUS_H
