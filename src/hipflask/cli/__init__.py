"""One thin module per command; composes the other rooms and decides nothing itself."""
