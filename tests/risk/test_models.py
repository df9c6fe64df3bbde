"""The registry of risk models: create, estimate, compare, reproduce, retire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg import errors as pg

if TYPE_CHECKING:
    from conftest import BuiltSample

MODELS = {"short", "long", "regime", "classic"}


@pytest.fixture
def conn(built_sample: BuiltSample) -> Iterator[psycopg.Connection]:
    """The built sample in a transaction that is rolled back."""
    with psycopg.connect(built_sample.info) as connection:
        yield connection
        connection.rollback()


def one(conn: psycopg.Connection, statement: str, *parameters: object) -> Any:
    row = conn.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def create(conn: psycopg.Connection, name: str, **parameters: object) -> Any:
    return one(conn, "select risk.create_model(%s, 'a test', %s)", name, json.dumps(parameters))


def test_the_models_that_come_with_the_warehouse_are_estimated(conn):
    rows = conn.execute(
        "select model, version, is_in_force, first_date, last_date from marts.dim_risk_model"
    ).fetchall()
    assert {row[0] for row in rows} == MODELS
    assert all(row[1] == 1 and row[2] and row[3] < row[4] for row in rows)


def test_a_new_model_is_a_change_that_the_next_build_takes_up(conn):
    before = one(conn, "select max(change_id) from ops.change")
    made = create(conn, "fast", variance_half_life=21)
    assert one(
        conn, "select input from ops.change where change_id > %s", before
    ) == "models"  # fmt: skip
    parameters = one(conn, "select parameters from risk.model where model_id = %s", made)
    assert parameters["variance_half_life"] == 21
    assert parameters["correlation_half_life"] == 504


def test_the_same_parameters_again_change_nothing(conn):
    made = create(conn, "fast", variance_half_life=21)
    changes = one(conn, "select count(*) from ops.change")
    assert create(conn, "fast", variance_half_life=21.0) == made
    assert one(conn, "select count(*) from ops.change") == changes


def test_other_parameters_make_a_new_version_and_retire_the_old(conn):
    old = create(conn, "fast", variance_half_life=21)
    new = create(conn, "fast", variance_half_life=30)
    assert one(
        conn, "select version, retired_at is null from risk.model where model_id = %s", new
    ) == (2, True)
    assert not one(conn, "select retired_at is null from risk.model where model_id = %s", old)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"halflife": 3}, "parameter halflife: unknown"),
        ({"variance_half_life": 1}, "parameter variance_half_life: 1 is no number in its range"),
        ({"variance_half_life": "long"}, 'parameter variance_half_life: "long" is no number'),
        ({"variance_half_life": None}, "parameter variance_half_life: null is no number"),
        ({"specific_lags": 9}, "parameter specific_lags: 9"),
        ({"variance_lags": 2.5}, "parameter variance_lags: 2.5"),
        ({"specific_full_days": 60}, "parameter specific_full_days: 60 has to be above"),
        (
            {"kind": "window", "window_days": 126, "specific_full_days": 180},
            "not above window_days",
        ),
        ({"kind": "magic"}, "parameter kind: 'magic'"),
        ({"kind": "window", "variance_half_life": 84}, "a model of kind window has"),
    ],
)
def test_wrong_parameters_are_named(conn, parameters, message):
    with pytest.raises(pg.InvalidParameterValue, match=message):
        create(conn, "fast", **parameters)


def test_whole_numbers_are_kept_as_such(conn):
    made = create(conn, "year", kind="window", window_days=63.0)
    parameters = "select parameters ->> %s from risk.model where model_id = %s"
    assert one(conn, parameters, "window_days", made) == "63"
    assert one(conn, parameters, "specific_full_days", made) == "63"


def test_names_of_the_plain_models_are_taken(conn):
    with pytest.raises(pg.InvalidParameterValue, match="a plain model of validation"):
        create(conn, "one_factor")


def test_models_that_share_specific_risk_do_so_after_one_is_retired(conn):
    shared = "select specific_model_id from marts.dim_risk_model where model = 'regime'"
    before = one(conn, shared)
    one(conn, "select risk.retire_model('short')")
    assert one(conn, shared) == before
    assert one(conn, "select count(*) from marts.fct_specific_risk where model = 'regime'") > 0


@pytest.mark.parametrize("name", ["Fast", "1st", "a b", "", None])
def test_wrong_names_are_refused(conn, name):
    with pytest.raises(pg.InvalidParameterValue, match="is no name"):
        create(conn, name)


def test_a_retired_model_is_no_longer_in_force(conn):
    one(conn, "select risk.retire_model('classic')")
    with pytest.raises(pg.NoDataFound, match="no risk model 'classic' is in force; there are"):
        one(conn, "select risk.estimate('classic')")


def test_an_unknown_model_cannot_be_retired(conn):
    with pytest.raises(pg.NoDataFound, match="no risk model 'other' is in force"):
        one(conn, "select risk.retire_model('other')")


@pytest.mark.parametrize("model", sorted(MODELS))
def test_an_estimate_is_that_of_the_build_and_comes_out_again(conn, model):
    made = one(conn, "select risk.estimate(%s)", model)
    equals, build, same = one(
        conn,
        "select (diagnostics ->> 'equals_build')::boolean, build_id, risk.reproduces(%s) "
        "from risk.estimate where estimate_id = %s",
        made, made,
    )  # fmt: skip
    assert equals
    assert same
    assert build == one(conn, "select max(build_id) from ops.build")
    assert one(
        conn, "select count(*) from risk.estimate_specific where estimate_id = %s", made
    ) == one(
        conn,
        "select count(*) from marts.fct_specific_risk where model = %s "
        "and trade_date = (select trade_date from risk.estimate where estimate_id = %s)",
        model, made,
    )  # fmt: skip


def test_an_estimate_of_an_earlier_date_uses_nothing_later(conn):
    day = one(conn, "select percentile_disc(0.5) within group (order by trade_date) "
                    "from marts.fct_risk_model_days where model = 'short'")  # fmt: skip
    made = one(conn, "select risk.estimate('short', %s)", day)
    last, equals = one(
        conn,
        "select history_dates[cardinality(history_dates)], "
        "(diagnostics ->> 'equals_build')::boolean from risk.estimate where estimate_id = %s",
        made,
    )
    assert last == day
    assert equals


@pytest.mark.parametrize(
    "change",
    [
        "update risk.estimate set checksum = ''",
        "delete from risk.estimate",
        "truncate risk.estimate cascade",
        "update risk.estimate_specific set specific_volatility = 1",
    ],
)
def test_nobody_changes_an_estimate(conn, change):
    one(conn, "select risk.estimate('classic')")
    with pytest.raises(pg.ObjectNotInPrerequisiteState, match="immutable"):
        conn.execute(change)


def test_a_date_that_a_model_does_not_cover_names_those_it_does(conn):
    with pytest.raises(pg.InvalidParameterValue, match=r"no estimate of 1999-01-04; it covers 20"):
        one(conn, "select risk.estimate('short', '1999-01-04')")


def test_an_unknown_estimate_cannot_be_reproduced(conn):
    with pytest.raises(pg.NoDataFound, match="there is no estimate 0"):
        one(conn, "select risk.reproduces(0)")


def test_models_side_by_side(conn):
    rows = conn.execute("select * from risk.compare_models('short', 'long')").fetchall()
    named = {row[0]: row[1:] for row in rows}
    day = one(conn, "select max(trade_date) from marts.fct_risk_model_days where model = 'long'")
    market = conn.execute(
        "select model, sqrt(covariance) from marts.fct_factor_covariance where trade_date = %s "
        "and factor_id = 'market' and other_factor_id = 'market'", [day],
    ).fetchall()  # fmt: skip
    volatilities = dict(market)
    assert named["market"] == pytest.approx(
        (volatilities["short"], volatilities["long"],
         volatilities["short"] / volatilities["long"])
    )  # fmt: skip
    assert "specific" in named


def test_every_covariance_of_the_build_is_positive_semi_definite(conn):
    rows = conn.execute(
        "select covariance from risk.rsk_covariances where covariance is not null"
    ).fetchall()
    assert len(rows) > 500
    for (matrix,) in rows:
        values = np.linalg.eigvalsh(np.array(matrix))
        assert values[0] >= -1e-12 * values[-1]


def test_readers_may_read_models_but_not_the_registry(conn):
    conn.execute("set role factorium_reader")
    assert conn.execute("select count(*) from marts.dim_risk_model").fetchone() == (4,)
    with pytest.raises(pg.InsufficientPrivilege):
        conn.execute("select * from risk.model")
