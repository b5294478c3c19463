"""The combined entry of attention's backward pass against its parts."""
import json
import math
import sys

results = json.load(open(sys.argv[1]))
parts = [run["seconds"] for run in results["runs"] if "seconds" in run]
(whole,) = results["combined"]
batch, seq, heads, _ = whole["sizes"]
products = whole["tflops"] * 1e12 * whole["seconds"] / (2 * batch * heads * seq * seq * 64 / 2)
assert len(parts) == 3 and math.isclose(sum(parts), whole["seconds"]), (parts, whole)
assert math.isclose(products, 5), products
print("three parts, five products")
