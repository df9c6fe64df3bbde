-- Market capitalization: the price as traded times the shares known that day,
-- both on the day's split basis.
-- A share count is about the day of its cover page; the splits between that day
-- and today multiply it. Where a company's classes have counts of their own the
-- company is their sum; where only a total is known it is spread over the lines.
-- Grain: one row per security per session with a price.

{{ config(
    materialized='interval',
    meta={
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts', 'maps'],
        'is_stateful': true
    },
    indexes=[{'columns': ['trade_date', 'security_id']}]
) }}

with

prices as (

    select
        price.security_id,
        security.company_id,
        coalesce(class.is_primary, security.is_primary) as is_primary,
        price.trade_date,
        price.close_unadjusted as price,
        price.split_index,
        price.is_price_estimated

    from {{ ref('int_prices__daily') }} as price

    inner join {{ source('ref', 'security') }} as security
        on price.security_id = security.security_id

    left join {{ ref('share_classes') }} as class
        on security.permanent_ticker = class.ticker

    where
        price.trade_date between {{ since() }} and {{ until() }}
        and not price.is_delisting

),

-- The share count in force on each session, on the basis of the first bar.
counts as (

    select
        count.security_id,
        session.session_date as trade_date,
        count.shares / basis.split_index as shares_of_first_bar,
        count.shares_source,
        count.is_company_total

    from {{ ref('int_shares__by_security') }} as count

    inner join {{ source('ref', 'session') }} as session
        on
            session.session_date >= greatest(count.valid_from, {{ since() }})
            and session.session_date < coalesce(count.valid_to, {{ until() }} + 1)
            and session.session_date <= {{ until() }}

    -- Splits after the first bar and up to the day the count is about.
    cross join lateral (
        select
            coalesce(exp(sum(
                case
                    when event.ex_date > first_bar.trade_date then ln(event.ratio)
                    else -ln(event.ratio)
                end
            )), 1) as split_index
        from {{ ref('int_price_events') }} as event
        inner join {{ ref('int_prices__daily') }} as first_bar
            on event.security_id = first_bar.security_id and first_bar.bar_no = 1
        where
            event.security_id = count.security_id
            and event.kind = 'split'
            and event.ex_date > least(first_bar.trade_date, count.shares_as_of)
            and event.ex_date <= greatest(first_bar.trade_date, count.shares_as_of)
    ) as basis

),

lines as (

    select
        prices.*,
        counts.shares_of_first_bar * prices.split_index as counted_shares,
        counts.shares_source,
        counts.is_company_total,
        count(*) over company_day as n_lines,
        prices.price * counts.shares_of_first_bar * prices.split_index as counted_cap

    from prices

    left join counts
        on
            prices.security_id = counts.security_id
            and prices.trade_date = counts.trade_date

    window company_day as (partition by prices.company_id, prices.trade_date)

),

companies as (

    select
        *,
        case
            when bool_or(is_company_total) over company_day
                then max(counted_cap) filter (where is_primary) over company_day
            else sum(counted_cap) over company_day
        end as market_equity
    from lines
    window company_day as (partition by company_id, trade_date)

),

final as (

    select
        companies.security_id,
        companies.trade_date,
        companies.company_id,
        companies.price,
        case
            when companies.is_company_total and companies.n_lines > 1
                then
                    companies.market_equity
                    / companies.n_lines
                    / nullif(companies.price, 0)
            else companies.counted_shares
        end as shares,
        companies.shares_source,
        case
            when companies.is_company_total
                then companies.market_equity / companies.n_lines
            else companies.counted_cap
        end as line_market_cap,
        companies.market_equity,
        companies.is_price_estimated
        or coalesce(companies.is_company_total and companies.n_lines > 1, false)
            as is_approximate

    from companies

)

select * from final
