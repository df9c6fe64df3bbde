-- The N largest companies by market equity at the last session of each June, in
-- force from the next session to the next June's. A year in which fewer than
-- 1.5 N names have a market cap is refused, not filled: no rows for it.
-- Every line of a chosen company is a member.
-- Grain: one row per universe, security and June.

{{ config(meta={'inputs': ['bars', 'actions', 'facts']}) }}

with

june as (

    select
        session_date,
        lead(session_date) over (order by session_date) as next_date
    from {{ source('ref', 'session') }}
    where is_month_end and extract(month from session_date) = 6

),

ranked as (

    select
        cap.security_id,
        june.session_date,
        june.next_date,
        dense_rank() over (
            partition by june.session_date
            order by cap.market_equity desc, cap.company_id
        ) as place,
        count(*) over (partition by june.session_date) as n_covered

    from {{ ref('int_market_caps__daily') }} as cap

    inner join june
        on cap.trade_date = june.session_date

    where cap.market_equity is not null

),

final as (

    select
        universe.name as universe,
        ranked.security_id,
        ranked.session_date + 1 as valid_from,
        ranked.next_date + 1 as valid_to,
        ranked.n_covered::integer as n_covered

    from ranked

    inner join {{ source('ref', 'universe') }} as universe
        on
            universe.size is not null
            and ranked.place <= universe.size
            and ranked.n_covered >= 1.5 * universe.size

)

select * from final
