"""ChaCha as a stream of random numbers, in plain integers (Bernstein 2008; RFC 8439 for the 20-round vectors).

Words 4 to 11 are the key, 12 and 13 the block counter, 14 and 15 the stream number (the nonce): the layout of Bernstein's
original, 64 bits each. Our key is the seed as 8 bytes, little-endian, and 24 zero bytes.
"""

import struct

MASK = 0xFFFFFFFF
# The stream that parameters are drawn from.
PARAMETERS = 0


def _quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & MASK
        s[z] ^= s[x]
        s[z] = ((s[z] << turn) | (s[z] >> (32 - turn))) & MASK


def block(key, counter_and_nonce, rounds):
    """The 64 bytes of a block: key of 32 bytes, then the last 16 bytes of the state."""
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + counter_and_nonce))
    state = start.copy()
    for _ in range(rounds // 2):
        for column in range(4):
            _quarter(state, column, column + 4, column + 8, column + 12)
        for i in range(4):
            _quarter(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(state, start)))


def check():
    """The published vectors: a zero key at 8 and 20 rounds (Strombergson's draft, TC1), and RFC 8439, 2.3.2."""
    zero8 = block(bytes(32), bytes(16), 8).hex()
    assert zero8.startswith("3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"), zero8
    zero20 = block(bytes(32), bytes(16), 20).hex()
    assert zero20.startswith("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"), zero20
    nonce = bytes.fromhex("01000000" "000000090000004a00000000")
    rfc = block(bytes(range(32)), nonce, 20).hex()
    assert rfc.startswith("10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"), rfc


class ChaCha8:
    """The numbers of one seed and one stream, in order."""

    def __init__(self, seed, stream):
        self.key = struct.pack("<Q", seed) + bytes(24)
        self.stream = stream
        self.counter = 0
        self.waiting = []

    def u64(self):
        if not self.waiting:
            data = block(self.key, struct.pack("<QQ", self.counter, self.stream), 8)
            self.waiting = list(struct.unpack("<8Q", data))
            self.counter += 1
        return self.waiting.pop(0)

    def uniform(self):
        """In [0, 1): the upper 53 bits."""
        return (self.u64() >> 11) * 2.0**-53

    def shuffled(self, n):
        """0 … n−1 by Fisher and Yates from the end: j = ⌊u64 · (i + 1) / 2⁶⁴⌋."""
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = (self.u64() * (i + 1)) >> 64
            order[i], order[j] = order[j], order[i]
        return order
