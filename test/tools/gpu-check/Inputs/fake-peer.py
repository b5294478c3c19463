"""A peer whose calls take a known time: 1, 2, 3 ... seconds, and ten times that."""
import json
import sys

rounds = 0
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "open":
        reply = {"peer": "a peer for tests"}
    elif request["do"] == "prepare":
        assert request["problem"]["kind"] == "gemm"
        assert request["tensors"]["a"] == {"shape": [300, 64], "type": "bf16"}
        reply = {"ready": True}
    else:
        rounds += 1
        reply = {"seconds": {"quick": rounds, "slow": 10 * rounds}}
    print(json.dumps(reply), flush=True)
