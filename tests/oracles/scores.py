"""Z-scores and scores again, in NumPy and SciPy; and the side that the literature buys.

SIGNS repeats the registry on purpose: a sign that flips by accident must disagree with
something that was written on its own.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

SIGNS = {
    **dict.fromkeys(
        [
            "altman_z", "asset_turnover", "assets_to_market", "book_to_market",
            "cash_flow_to_assets", "cash_flow_to_price", "cash_to_assets", "current_ratio",
            "debt_to_market", "distance_to_default", "dividend_yield", "dividend_yield_spread",
            "earnings_growth_1y", "earnings_to_price", "earnings_yield_spread",
            "ebitda_to_enterprise_value", "free_cash_flow_to_price", "gross_margin",
            "gross_profits_to_assets", "gross_profits_to_enterprise_value", "high_52w",
            "illiquidity_21d", "illiquidity_252d", "interest_coverage", "momentum_12m_1m",
            "momentum_12m_7m", "momentum_3m", "momentum_6m_1m", "momentum_per_risk_12m_1m",
            "net_margin", "net_payout_yield", "operating_cash_flow_growth_1y",
            "operating_profits_to_book_equity", "research_to_sales",
            "retained_earnings_to_market", "return_on_assets", "return_on_equity",
            "sales_to_price", "zero_return_days_252d",
        ],
        1,
    ),
    **dict.fromkeys(
        [
            "accruals", "asset_growth_1y", "beta_252d", "book_equity_growth_1y",
            "book_leverage", "capex_growth_1y", "debt_to_assets", "downside_volatility_252d",
            "idiosyncratic_volatility_252d", "investment_to_assets", "log_dollar_volume_63d",
            "log_market_equity", "log_price", "net_operating_assets",
            "price_less_sales_growth_1y", "range_volatility_63d", "reversal_1m", "reversal_1w",
            "reversal_36m_12m", "sales_growth_1y", "skewness_252d", "turnover_21d",
            "volatility_21d", "volatility_252d", "volume_trend_21d_252d",
        ],
        -1,
    ),
}  # fmt: skip
FEWEST_NAMES = 20


def zscores(values: np.ndarray) -> np.ndarray:
    """Winsorized at 1 and 99 %, standardized; NaN for a small or flat cross-section."""
    clipped = np.clip(values, *np.quantile(values, [0.01, 0.99]))
    deviation = np.std(clipped, ddof=1) if len(values) > 1 else 0.0
    if len(values) < FEWEST_NAMES or not deviation > 1e-12 * abs(clipped.mean()):
        return np.full(len(values), np.nan)
    return (clipped - clipped.mean()) / deviation


def scores(values: np.ndarray, sign: int, fewest: int = FEWEST_NAMES) -> np.ndarray:
    """100 for the side the literature buys, 0 for the other; ties share a mean rank."""
    if len(values) < fewest:
        return np.full(len(values), np.nan)
    ranks = rankdata(values if sign >= 0 else -values, method="average")
    return 100 * (ranks - 1) / (len(values) - 1)
