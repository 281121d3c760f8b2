# same_picture.py A.png B.ppm: how unlike two pictures of one size are.
#
# Prints two shares of 1: the mean difference of all pixels, and that of the
# block of 16 x 16 pixels which differs most.  Edges of letters and shapes, drawn
# by different programs, differ by little in their blocks; a shape that is
# missing, moved or in another colour by much.  A.png is as llantern writes it
# (8-bit RGB, no filters).
import struct
import sys
import zlib

import numpy

BLOCK = 16


def read_png(path):
    data = open(path, "rb").read()
    at, packed = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            w, h = struct.unpack(">II", data[at + 8:at + 16])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + n]
        at += n + 12
    rows = numpy.frombuffer(zlib.decompress(packed), numpy.uint8)
    return rows.reshape(h, 1 + 3 * w)[:, 1:].reshape(h, w, 3)


def read_ppm(path):
    data = open(path, "rb").read()
    kind, w, h, most, pixels = data.split(maxsplit=4)
    assert kind == b"P6" and most == b"255"
    # The pixels' first byte may look like white space: count from the end.
    w, h = int(w), int(h)
    pixels = numpy.frombuffer(data, numpy.uint8)[-3 * w * h:]
    return pixels.reshape(h, w, 3)


def main():
    a = read_png(sys.argv[1]).astype(float) / 255
    b = read_ppm(sys.argv[2]).astype(float) / 255
    if a.shape != b.shape:
        sys.exit("sizes differ: %s %s" % (a.shape, b.shape))
    diff = a - b
    h, w = (n // BLOCK * BLOCK for n in diff.shape[:2])
    blocks = diff[:h, :w].reshape(h // BLOCK, BLOCK, w // BLOCK, BLOCK, 3)
    print("%.4f %.4f" % (abs(diff).mean(),
                         abs(blocks.mean(axis=(1, 3))).max()))


main()
