"""Prints text, or calls a command with it, that is nested so deep that a parser
would use up its stack."""
import subprocess
import sys

depth = 200000
text = {
    "attribute": "module attributes {a = %s1%s} {}" % ("[" * depth, "]" * depth),
    "dictionary": "module attributes {%sa = 1%s} {}" % ("a = {" * depth, "}" * depth),
    "type": "module attributes {a = %si32%s} {}" % ("tuple<" * depth, ">" * depth),
    "region": "module {" * depth + "}" * depth,
    "expression": "#m = affine_map<(a) -> (%sa%s)>" % ("(" * depth, ")" * depth),
    "plan": "grid" + "(" * 50000,
    "json": "[" * depth + "]" * depth,
    # Brackets that are none.
    "string": 'module attributes {test.a = "%s"} {} // %s' % ("[" * depth, "{" * depth),
}[sys.argv[1]]
if len(sys.argv) == 2:
    print(text)
else:  # a command, with the text for its @
    sys.exit(subprocess.call([part.replace("@", text) for part in sys.argv[2:]]))
