"""Fundamental factors again, in polars, from the sample market's truth about its companies.

The truth holds every item of every quarter and when its report became known; a trailing
year is a sum of four quarters. No filing is parsed, no tag mapped, no vintage chosen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
from oracles.technical import normal_ticker

REPORTS = ["10-K", "10-Q", "10-KT", "10-QT", "10-K/A", "10-Q/A"]
STOCKS = [
    "assets", "current_assets", "cash_and_equivalents", "inventory", "ppe_net", "liabilities",
    "current_liabilities", "short_term_debt", "long_term_debt", "retained_earnings",
    "book_equity",
]  # fmt: skip
FLOWS = [
    "sales", "gross_profit", "operating_income", "interest_expense", "net_income",
    "operating_cash_flow", "capex", "dividends_paid", "share_repurchases", "share_issuance",
    "research_development", "depreciation_amortization",
]  # fmt: skip


def ratio(numerator: pl.Expr | str, denominator: pl.Expr | str) -> pl.Expr:
    """A quotient, or null unless the denominator is positive."""
    below = pl.col(denominator) if isinstance(denominator, str) else denominator
    above = pl.col(numerator) if isinstance(numerator, str) else numerator
    return pl.when(below > 0).then(above / below)


def growth(item: str) -> pl.Expr:
    return ratio(item, f"{item}_1y") - 1


def formulas() -> dict[str, pl.Expr]:
    """Every factor that is made of items and a market cap alone."""
    col, cap = pl.col, pl.col("market_equity")
    debt = col("short_term_debt") + col("long_term_debt")
    book, cash = col("book_equity"), col("cash_and_equivalents")
    return {
        "book_to_market": ratio(book, cap),
        "earnings_to_price": ratio("net_income", cap),
        "sales_to_price": ratio("sales", cap),
        "cash_flow_to_price": ratio("operating_cash_flow", cap),
        "free_cash_flow_to_price": ratio(col("operating_cash_flow") - col("capex"), cap),
        "dividend_yield": ratio("dividends_paid", cap),
        "net_payout_yield": ratio(
            col("dividends_paid") + col("share_repurchases") - col("share_issuance"), cap
        ),
        "ebitda_to_enterprise_value": ratio(
            col("operating_income") + col("depreciation_amortization"), cap + debt - cash
        ),
        "assets_to_market": ratio("assets", cap),
        "retained_earnings_to_market": ratio("retained_earnings", cap),
        "gross_profits_to_assets": ratio("gross_profit", "assets"),
        "operating_profits_to_book_equity": ratio(
            col("operating_income") - col("interest_expense"), book
        ),
        "return_on_equity": ratio("net_income", book),
        "return_on_assets": ratio("net_income", "assets"),
        "cash_flow_to_assets": ratio("operating_cash_flow", "assets"),
        "net_margin": ratio("net_income", "sales"),
        "gross_margin": ratio("gross_profit", "sales"),
        "asset_turnover": ratio("sales", "assets"),
        "research_to_sales": ratio("research_development", "sales"),
        "sales_growth_1y": growth("sales"),
        "earnings_growth_1y": growth("net_income"),
        "asset_growth_1y": growth("assets"),
        "book_equity_growth_1y": growth("book_equity"),
        "investment_to_assets": ratio(
            col("ppe_net") - col("ppe_net_1y") + col("inventory") - col("inventory_1y"),
            "assets_1y",
        ),
        "capex_growth_1y": growth("capex"),
        "operating_cash_flow_growth_1y": growth("operating_cash_flow"),
        "debt_to_assets": ratio(debt, "assets"),
        "debt_to_market": ratio(debt, cap),
        "current_ratio": ratio("current_assets", "current_liabilities"),
        "cash_to_assets": ratio(cash, "assets"),
        "interest_coverage": ratio("operating_income", "interest_expense"),
        "accruals": ratio(col("net_income") - col("operating_cash_flow"), "assets"),
        "net_operating_assets": ratio(
            col("assets") - cash - (col("liabilities") - debt), "assets_1y"
        ),
        "altman_z": 1.2 * ratio(col("current_assets") - col("current_liabilities"), "assets")
        + 1.4 * ratio("retained_earnings", "assets")
        + 3.3 * ratio("operating_income", "assets")
        + 0.6 * ratio(cap, "liabilities")
        + ratio("sales", "assets"),
        "book_leverage": ratio("assets", book),
        "log_market_equity": cap.log(),
        "log_price": pl.col("close").log(),
        "gross_profits_to_enterprise_value": ratio("gross_profit", cap + debt),
    }


def factors(folder: Path, caps: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """factor_id, ticker, trade_date, value (no nulls) on the given sessions.

    caps: ticker, trade_date, market_equity; proved against the truth on their own.
    """
    wide = in_force(folder, caps, days)
    made = formulas()
    return (
        wide.select("ticker", "trade_date", *(of.alias(name) for name, of in made.items()))
        .unpivot(list(made), index=["ticker", "trade_date"], variable_name="factor_id")
        .drop_nulls("value")
    )


def in_force(folder: Path, caps: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """Each name's items as known on each day, beside its close and its company's cap."""
    return (
        _days(folder, days)
        .join(caps, on=["ticker", "trade_date"])
        .sort("trade_date")
        .join_asof(
            known(folder).sort("known_on"),
            left_on="trade_date",
            right_on="known_on",
            by="cik",
            check_sortedness=False,
        )
    )


def known(folder: Path) -> pl.DataFrame:
    """Items of each company from the day a report of them became known, and a year before.

    An amendment replaces the quarter it restates in every sum from its own day on; the
    latest period known stays the latest.
    """
    truth = folder / "truth"
    items = pl.read_parquet(truth / "quarterly_items.parquet").sort("cik", "period_end")
    corrected = items.unique(["cik", "period_end"], keep="last", maintain_order=True)
    versions = pl.concat(
        [
            _trailing(items.filter(~pl.col("is_restated"))).with_columns(is_amended=pl.lit(False)),
            _trailing(corrected).with_columns(is_amended=pl.lit(True)),
        ]
    )
    restated = pl.DataFrame(json.loads((truth / "truth.json").read_text())["restated"]).select(
        pl.col("cik").cast(pl.Int64), amended_on=pl.col("known_on").str.to_date()
    )
    reports = (
        pl.read_parquet(truth / "filings.parquet")
        .filter(pl.col("form").is_in(REPORTS))
        .join(restated, on="cik", how="left")
        .sort("cik", "known_on")
        .select(
            "cik",
            "known_on",
            pl.col("period").cum_max().over("cik").alias("period_end"),
            (pl.col("known_on") >= pl.col("amended_on")).fill_null(False).alias("is_amended"),
        )
    )
    return reports.join(versions, on=["cik", "period_end", "is_amended"])


def _trailing(items: pl.DataFrame) -> pl.DataFrame:
    """Balances, sums of four quarters, and both four quarters earlier, by period end."""
    # The balance sheet's equity of the parent holds its preferred stock.
    items = items.with_columns(book_equity=pl.col("common_equity") - pl.col("preferred_equity"))
    sums = [pl.col(item).rolling_sum(4).over("cik").alias(item) for item in FLOWS]
    trailing = items.select(
        "cik", "period_end", *(pl.col(item).cast(pl.Float64) for item in STOCKS), *sums
    )
    return trailing.with_columns(
        pl.col(item).shift(4).over("cik").alias(f"{item}_1y") for item in [*STOCKS, *FLOWS]
    )


def _days(folder: Path, days: Sequence[date]) -> pl.DataFrame:
    securities = pl.read_parquet(folder / "truth" / "securities.parquet").select("ticker", "cik")
    return (
        pl.read_parquet(folder / "truth" / "caps.parquet")
        .filter(pl.col("date").is_in(list(days)))
        .join(securities, on="ticker")
        .select(normal_ticker(), "cik", "close", trade_date="date")
    )
