"""Factor performance of the built sample equals alphalens and statsmodels on the same data."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import alphalens
import numpy as np
import pandas as pd
import psycopg
import pytest
import statsmodels.api as sm
from psycopg.rows import dict_row

HORIZONS = (1, 5, 21)
UNIVERSES = ("all", "sp500")
# Both signs, a descriptive and a discrete one, and fundamentals with many gaps.
FACTORS = (
    "book_to_market",
    "momentum_12m_1m",
    "sales_growth_1y",
    "rate_beta_252d",
    "zero_return_days_252d",
)
SIGNALS = """
    select v.trade_date, v.security_id, v.value * case d.sign when -1 then -1 else 1 end as value
    from marts.fct_factor_values as v
    inner join marts.dim_factor as d on d.factor_id = v.factor_id
    inner join ref.session as s on s.session_date = v.trade_date and s.is_month_end
    inner join ref.session as e on e.session_no = s.session_no + 1
    inner join intermediate.int_prices__daily as p
        on p.security_id = v.security_id and p.trade_date = e.session_date and not p.is_delisting
    where v.factor_id = %(factor)s
    and (%(universe)s = 'all' or exists (
        select from marts.fct_universe_members as m
        where m.universe = %(universe)s and m.security_id = v.security_id
        and v.trade_date >= m.valid_from and (m.valid_to is null or v.trade_date < m.valid_to)
    ))
    order by 1, 2
"""


@pytest.fixture(scope="module")
def warehouse(built_sample) -> Iterator[psycopg.Connection]:
    """The built sample."""
    with psycopg.connect(built_sample.info) as conn:
        yield conn


@pytest.fixture(scope="module")
def index_after(warehouse: psycopg.Connection) -> pd.DataFrame:
    """Total return index one session later, by session and security; delisted names keep theirs."""
    rows = warehouse.execute(
        "select trade_date, security_id, total_return_index from intermediate.int_prices__daily"
    ).fetchall()
    frame = pd.DataFrame(rows, columns=["date", "security_id", "index"])
    frame["date"] = pd.to_datetime(frame["date"])
    wide = frame.pivot_table(index="date", columns="security_id", values="index")
    return wide.ffill().shift(-1)


@pytest.mark.parametrize("universe", UNIVERSES)
@pytest.mark.parametrize("factor", FACTORS)
def test_performance_equals_alphalens(
    warehouse: psycopg.Connection, index_after: pd.DataFrame, factor: str, universe: str
) -> None:
    signals = _signals(warehouse, factor, universe)
    ours = _ours(warehouse, factor, universe)
    assert len(ours) > 0
    for horizon in HORIZONS:
        mine = ours.xs(horizon, level="horizon_days")
        theirs = _alphalens(signals, index_after, horizon)
        crowded = theirs[theirs["n_names"] >= 20]
        assert list(mine.index) == list(crowded.index)
        for column in ("n_names", "ic"):
            _assert_close(mine[column], crowded[column])
        cut = crowded.index[crowded["spread"].notna()]  # alphalens cannot cut tied edges
        _assert_close(mine.loc[cut, "spread"], crowded.loc[cut, "spread"])
        before = pd.Series(cut, index=cut).shift(1)
        steps = pd.Series(crowded.index, index=crowded.index).shift(1)
        both = cut[(before == steps.loc[cut]).to_numpy()]
        _assert_close(mine.loc[both, "turnover"], crowded.loc[both, "turnover"])


def test_performance_summary_equals_statsmodels(warehouse: psycopg.Connection) -> None:
    cursor = warehouse.cursor(row_factory=dict_row)
    summary = cursor.execute("select * from marts.fct_factor_performance").fetchall()
    rows = warehouse.execute(
        "select factor_id, universe, horizon_days, ic, best_return - worst_return, turnover "
        "from intermediate.int_factor_ic__daily where ic is not null order by signal_date"
    ).fetchall()
    history: dict[tuple, list] = {}
    for *key, ic, spread, turnover in rows:
        history.setdefault(tuple(key), []).append((ic, spread, turnover))
    assert len(summary) == len(history) > 300
    for row in summary:
        values = np.array(
            history[row["factor_id"], row["universe"], row["horizon_days"]], dtype=float
        )
        ic = values[:, 0]
        assert row["n_periods"] == len(ic)
        assert row["mean_ic"] == pytest.approx(ic.mean(), rel=1e-9, abs=1e-12)
        assert row["decile_spread"] == pytest.approx(np.nanmean(values[:, 1]), rel=1e-9, abs=1e-12)
        if len(ic) < 3:
            continue
        assert row["ic_std"] == pytest.approx(ic.std(ddof=1), rel=1e-9)
        fitted = sm.OLS(ic, np.ones(len(ic))).fit(cov_type="HAC", cov_kwds={"maxlags": 1})
        assert row["ic_tstat_nw"] == pytest.approx(fitted.tvalues[0], rel=1e-9, abs=1e-9)


def _signals(conn: psycopg.Connection, factor: str, universe: str) -> pd.Series:
    rows = conn.execute(SIGNALS, {"factor": factor, "universe": universe}).fetchall()
    frame = pd.DataFrame(rows, columns=["date", "asset", "value"])
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.set_index(["date", "asset"])["value"]


def _ours(conn: psycopg.Connection, factor: str, universe: str) -> pd.DataFrame:
    rows = conn.execute(
        "select signal_date, horizon_days, n_names, ic, best_return - worst_return, turnover "
        "from intermediate.int_factor_ic__daily where factor_id = %s and universe = %s "
        "order by 1, 2",
        [factor, universe],
    ).fetchall()
    columns = ["date", "horizon_days", "n_names", "ic", "spread", "turnover"]
    frame = pd.DataFrame(rows, columns=columns).astype({"turnover": float})
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.set_index(["date", "horizon_days"])


def _alphalens(signals: pd.Series, prices: pd.DataFrame, horizon: int) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = alphalens.utils.get_clean_factor_and_forward_returns(
            signals, prices, quantiles=10, periods=(horizon,), max_loss=1, filter_zscore=None
        )
        period = data.columns[0]
        means, _ = alphalens.performance.mean_return_by_quantile(data, by_date=True, demeaned=False)
        forward = alphalens.utils.compute_forward_returns(
            signals, prices, periods=(horizon,), filter_zscore=None
        )
        whole = forward.assign(factor=signals, factor_quantile=1).dropna()
        ic = alphalens.performance.factor_information_coefficient(whole)[period]
        new = alphalens.performance.quantile_turnover(data["factor_quantile"], 10, 1)
    wide = means[period].unstack("factor_quantile").reindex(columns=range(1, 11))
    return pd.DataFrame(
        {
            "n_names": whole.groupby("date").size(),
            "ic": ic,
            "spread": wide[10] - wide[1],
            "turnover": new,
        }
    )


def _assert_close(ours: pd.Series, theirs: pd.Series) -> None:
    np.testing.assert_allclose(
        ours.to_numpy(float), theirs.reindex(ours.index).to_numpy(float), rtol=1e-9, atol=1e-12
    )
