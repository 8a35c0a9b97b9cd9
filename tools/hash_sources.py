#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a C header with the hash of some source files: hash_sources.py OUT.h NAME FILE...

The engine's cache of compiled code takes NAME into its keys, so that code made by another version of
the code generator is not found.
"""
import hashlib
import sys

out, name, files = sys.argv[1], sys.argv[2], sys.argv[3:]
digest = hashlib.sha256()
for file in files:
    with open(file, "rb") as f:
        digest.update(f.read())
with open(out, "w") as f:
    f.write(f'/* SPDX-License-Identifier: Apache-2.0 */\n#define {name} "{digest.hexdigest()}"\n')
