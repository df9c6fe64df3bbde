-- risk.holdings_query(styles) -> text
--
-- A query for the names that a portfolio or its benchmark holds, beside what the risk
-- model knows of them on one day: security_id, weight, benchmark_weight (0 where the
-- other one holds it), is_held (by the portfolio), is_covered, sector,
-- specific_volatility (daily fraction) and the exposures to the styles as x1, x2, ...
-- A name without exposures that day, or without specific risk where that is asked
-- for, is not covered.
-- Its parameters: $1 and $2 the portfolio's securities and weights, $3 and $4 the
-- benchmark's or null, $5 the date, $6 the model_id of the specific risk or null.
--
-- Tested in: tests/risk/test_portfolio.py

create or replace function risk.holdings_query(p_styles text[])
returns text
language sql
immutable
parallel safe
return format(
    $query$
        select
            held.security_id,
            held.weight,
            held.benchmark_weight,
            held.is_held,
            exposure.security_id is not null
            and ($6 is null or specific.shrunk_volatility is not null) as is_covered,
            exposure.sector,
            specific.shrunk_volatility * specific.regime_multiplier
                as specific_volatility%s
        from (
            select
                coalesce(own.security_id, other.security_id) as security_id,
                coalesce(own.weight, 0) as weight,
                coalesce(other.weight, 0) as benchmark_weight,
                own.security_id is not null as is_held
            from unnest($1::integer[], $2::double precision[])
                as own (security_id, weight)
            full join unnest($3::integer[], $4::double precision[])
                as other (security_id, weight)
                on own.security_id = other.security_id
        ) as held
        left join risk.rsk_exposures as exposure
            on
                held.security_id = exposure.security_id
                and exposure.trade_date = $5::date
        left join risk.rsk_specific_risk as specific
            on
                specific.model_id = $6::integer
                and held.security_id = specific.security_id
                and specific.trade_date = $5::date
    $query$,
    (
        select
            string_agg(
                format(', exposure.%I as x%s', style, place), '' order by place
            )
        from unnest(p_styles) with ordinality as named (style, place)
    )
);

comment on function risk.holdings_query(text[]) is
'The query for holdings beside what the risk model knows of them on one day.';
