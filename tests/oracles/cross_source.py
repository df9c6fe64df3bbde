"""Factors of filings, prices and macro series together, from the other two oracles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from oracles import ratios, technical


def factors(folder: Path, caps: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """factor_id, ticker, trade_date, value (no nulls) on the given sessions.

    caps: ticker, trade_date, market_equity and line_cap.
    """
    col, cap = pl.col, pl.col("market_equity")
    rate = technical.rate_levels(folder, sorted(days))
    wide = (
        ratios.in_force(folder, caps, days)
        .join(_of_the_year(folder, days), on=["ticker", "trade_date"], how="left")
        .with_columns(rate=col("trade_date").replace_strict(rate, return_dtype=pl.Float64) / 100)
    )
    value_of_firm = cap + col("liabilities")
    made = {
        "earnings_yield_spread": ratios.ratio("net_income", cap) - col("rate"),
        "dividend_yield_spread": ratios.ratio("dividends_paid", cap) - col("rate"),
        "distance_to_default": (value_of_firm / col("liabilities")).log()
        / (col("volatility") * cap / value_of_firm),
        "price_less_sales_growth_1y": col("return") - ratios.growth("sales"),
    }
    return (
        wide.select("ticker", "trade_date", *(of.alias(name) for name, of in made.items()))
        .unpivot(list(made), index=["ticker", "trade_date"], variable_name="factor_id")
        .drop_nulls("value")
    )


def _of_the_year(folder: Path, days: Sequence[date]) -> pl.DataFrame:
    """Total return and volatility of the last 252 bars of each name."""
    rows = []
    for ticker, name in technical.names(folder).items():
        for at in range(252, len(name.days)):
            if name.days[at] in days:
                window = name.returns[at - 251 : at + 1]
                volatility = np.sqrt(252 * np.nanvar(window, ddof=1))
                rows.append((ticker, name.days[at], np.prod(1 + window) - 1, volatility))
    return pl.DataFrame(rows, schema=["ticker", "trade_date", "return", "volatility"], orient="row")
