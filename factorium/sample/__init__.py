"""A synthetic market in the vendors' own formats, with known truth.

`write_market` writes a folder that the ingestors read like any vendor's:
EDGAR submissions and company facts, FRED responses with vintages, bars and
corporate actions, index membership, sectors and ticker maps; and, under
`truth/`, what was planted in it. `simulate` makes the same market in memory.
"""

from factorium.sample.market import Market, Simulated, simulate, write_market

__all__ = ["Market", "Simulated", "simulate", "write_market"]
