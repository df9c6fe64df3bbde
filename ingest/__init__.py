"""One thin module per source: fetch, parse, land. Python moves bytes; it computes no factor."""
