"""pick.py CONTROL COUNT FOLDER: copies up to COUNT inputs into FOLDER that together cover the most.

CONTROL is what libFuzzer writes with -set_cover_merge=1 -merge_control_file=CONTROL: a number of files,
their names, and for each a line "FT number feature..." of all that it covers. Eight features are one
place in the code, by how often it was reached."""

import os
import shutil
import sys

control, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(control) as file:
    lines = file.read().splitlines()
files = lines[2 : 2 + int(lines[0])]
covers = {}
for line in lines[2 + len(files) :]:
    kind, number, *features = line.split()
    if kind == "FT":
        covers[files[int(number)]] = {int(feature) >> 3 for feature in features}

everything = set().union(*covers.values())
left = set(everything)
picked = []
while left and len(picked) < count:
    best = max(covers, key=lambda name: (len(covers[name] & left), -os.path.getsize(name)))
    left -= covers[best]
    picked.append(best)
    shutil.copy(best, folder)
size = sum(os.path.getsize(name) for name in picked)
print(f"{len(picked)} inputs of {size} bytes cover {len(everything) - len(left)} of {len(everything)} places")
