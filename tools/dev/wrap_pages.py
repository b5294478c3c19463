#!/usr/bin/env python3
"""Wraps paragraphs and list items that have a line of more than 120 characters;
code, tables and headings stay. check_links.py says which pages need it.

    tools/dev/wrap_pages.py PAGE...
"""
import pathlib
import re
import sys

WIDTH = 118
# Links, pictures and `code` are never broken.
WORD = re.compile(r"(?:!?\[[^\]]*\]\([^)]*\)|`[^`]{1,70}`|[^\s\[]|\[(?![^\]]*\]\())+")
ITEM = re.compile(r"(\s*)((?:[-*]|\d+\.)\s+)?")


def wrapped(paragraph):
    first, marker = ITEM.match(paragraph[0]).group(0, 2)
    text = " ".join(line.strip() for line in paragraph)[len(marker or ""):]
    lines, line, empty = [], first, True
    for word in WORD.findall(text):
        if not empty and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line, empty = " " * len(first), True
        line += word if empty else " " + word
        empty = False
    return lines + [line]


def wrap(text):
    out, paragraph, fenced = [], [], False

    def finish():
        long = any(len(line) > 120 for line in paragraph)
        out.extend(wrapped(paragraph) if long else paragraph)
        paragraph.clear()

    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        if fence or fenced or not line.strip() or line.lstrip().startswith(("#", "|")):
            finish()
            out.append(line)
            continue
        if re.match(r"\s*(?:[-*]|\d+\.)\s", line):
            finish()
        paragraph.append(line)
    finish()
    return "\n".join(out)


for page in map(pathlib.Path, sys.argv[1:]):
    before = page.read_text(encoding="utf-8")
    after = wrap(before)
    assert before.split() == after.split(), page
    page.write_text(after, encoding="utf-8")
