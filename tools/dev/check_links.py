#!/usr/bin/env python3
"""Checks the pages of this repository. Every relative link and picture: the file
must be there, and the heading, if the link has an anchor. And every line of prose
in docs/, READMEs and CONTRIBUTING.md: it can be read without scrolling.

    tools/dev/check_links.py [--root=FOLDER] [PAGE...]      default: all *.md

Prints `file:line: error: ...` for each fault; exit status 1 if there is any.
"""
import argparse
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
WIDTH = 120
FENCE = re.compile(r"^\s*(```|~~~)")


def prose(text):
    """(number, line) of what is no code: fenced blocks and `code` are left out."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(path):
    """The anchors that GitHub makes of a page's headings."""
    found = {}
    for _, line in prose(path.read_text(encoding="utf-8")):
        match = HEADING.match(line)
        if not match:
            continue
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", match.group(1))
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = found.get(anchor, 0)
        found[anchor] = count + 1
        yield f"{anchor}-{count}" if count else anchor


def dead(page, link, root):
    """What is wrong with a link of `page`, or nothing."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return None
    target, _, anchor = urllib.parse.unquote(link).partition("#")
    path = page if not target else (page.parent / target).resolve()
    if target.startswith("/"):
        return "a link within the repository is relative"
    if not path.is_relative_to(root):
        return "it leads out of the repository"
    if not path.exists():
        return f"there is no {path.relative_to(root)}"
    if anchor and path.suffix == ".md" and anchor not in anchors(path):
        return f"{path.relative_to(root)} has no heading #{anchor}"
    return None


def is_narrow(page, root):
    """Pages made from td files have their lines from there."""
    if page.name in ("README.md", "CONTRIBUTING.md"):
        return True
    return page.parent == root / "docs"


def pages_below(root):
    for page in sorted(root.rglob("*.md")):
        folders = page.relative_to(root).parts[:-1]
        if not any(folder.startswith((".", "build", "out")) for folder in folders):
            yield page


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    parser.add_argument("pages", type=pathlib.Path, nargs="*")
    options = parser.parse_args()
    root = options.root.resolve()
    count = errors = 0
    for page in [p.resolve() for p in options.pages] or pages_below(root):
        for number, line in prose(page.read_text(encoding="utf-8")):
            for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                count += 1
                problem = dead(page, link, root)
                if problem:
                    errors += 1
                    print(f"{page.relative_to(root)}:{number}: error: link {link}: {problem}")
            if len(line) > WIDTH and not line.startswith("|") and is_narrow(page, root):
                errors += 1
                print(f"{page.relative_to(root)}:{number}: error: {len(line)} characters in a "
                      f"line; wrap it at {WIDTH}")
    print(f"{count} links, {errors} errors")
    return 1 if errors or not count else 0


if __name__ == "__main__":
    sys.exit(main())
