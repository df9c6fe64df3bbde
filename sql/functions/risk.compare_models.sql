-- risk.compare_models(one, other, date)
--     -> table (factor_id, volatility, other_volatility, ratio)
--
-- Daily factor volatilities of two models side by side on a date (by default the last
-- both cover), and the mean specific volatility of the names both cover as the row
-- 'specific'.
-- Errors: P0002 for an unknown model, 22023 for a date one does not cover.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.compare_models(
    p_one text, p_other text, p_date date default null
)
returns table (
    factor_id text,
    volatility double precision,
    other_volatility double precision,
    ratio double precision
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $body$
declare
    one risk.model := risk.model_in_force(p_one);
    other risk.model := risk.model_in_force(p_other);
    day date := risk.covered_date(one.model_id, coalesce(p_date, least(
        risk.covered_date(one.model_id, null), risk.covered_date(other.model_id, null)
    )));
begin
    perform risk.covered_date(other.model_id, day);
    return query
    with sides as (
        select c.model_id, f.factor_id, f.place, sqrt(c.covariance[f.place][f.place]) as v
        from risk.rsk_covariances as c
        cross join lateral unnest(c.factor_ids) with ordinality as f (factor_id, place)
        where c.model_id in (one.model_id, other.model_id) and c.trade_date = day
    ),
    specific as (
        select avg(a.specific_volatility) as v, avg(b.specific_volatility) as w
        from marts.fct_specific_risk as a
        inner join marts.fct_specific_risk as b
            on a.security_id = b.security_id and a.trade_date = b.trade_date
        where a.model = p_one and b.model = p_other and a.trade_date = day
    )
    (
        select a.factor_id, a.v, b.v, a.v / nullif(b.v, 0)
        from sides as a
        inner join sides as b on a.factor_id = b.factor_id and b.model_id = other.model_id
        where a.model_id = one.model_id
        order by a.place
    )
    union all
    select 'specific', s.v, s.w, s.v / nullif(s.w, 0) from specific as s;
end
$body$;

comment on function risk.compare_models(text, text, date) is
'Factor volatilities and mean specific volatility of two models side by side.';
