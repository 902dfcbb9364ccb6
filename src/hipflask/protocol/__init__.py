"""Wire facts that both sides agree on: claims, roles, keys, the clock. Pure: no I/O, no Flask."""
