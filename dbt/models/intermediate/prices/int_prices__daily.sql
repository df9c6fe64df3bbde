-- Daily prices and total returns, accumulated forward from a security's first
-- bar, so that a dividend or split never rewrites history.
-- Grain: one row per security per session with a bar, and one for its delisting.

{{ config(
    materialized='interval',
    meta={
        'grain': ['security_id', 'trade_date'],
        'inputs': ['bars', 'actions', 'facts'],
        'is_stateful': true
    },
    indexes=[
        {'columns': ['trade_date', 'security_id']},
        {'columns': ['security_id', 'bar_no'], 'unique': true}
    ]
) }}

with

carried as (

    {{ carried([
        'bar_no', 'split_index', 'total_return_index', 'price_anchor', 'close_unadjusted'
    ]) }}

),

events as (

    select * from {{ ref('int_price_events') }}

),

-- What one share of the day has become by the day the vendor looked back.
vendor_basis as (

    select
        bar.security_id,
        bar.trade_date,
        exp(sum(
            case event.kind when 'split' then ln(event.ratio) else -ln(event.ratio) end
        )) as price_factor,
        exp(sum(ln(event.ratio)) filter (where event.kind = 'split')) as share_factor

    from {{ ref('stg_bars__daily') }} as bar

    inner join events as event
        on
            bar.security_id = event.security_id
            and bar.trade_date < event.ex_date
            and bar.retrieved_on >= event.ex_date

    where
        bar.is_split_adjusted
        and bar.trade_date between {{ since() }} and {{ until() }}

    group by bar.security_id, bar.trade_date

),

as_traded as (

    select
        bar.security_id,
        bar.trade_date,
        bar.prev_date,
        bar.source_id,
        bar.vendor_return,
        bar.open * coalesce(basis.price_factor, 1) as open_unadjusted,
        bar.high * coalesce(basis.price_factor, 1) as high_unadjusted,
        bar.low * coalesce(basis.price_factor, 1) as low_unadjusted,
        bar.close * coalesce(basis.price_factor, 1) as close_unadjusted,
        bar.volume / coalesce(basis.share_factor, 1) as volume_unadjusted,
        false as is_delisting,
        null::double precision as delisting_return,
        false as is_imputed

    from {{ ref('stg_bars__daily') }} as bar

    left join vendor_basis as basis
        on bar.security_id = basis.security_id and bar.trade_date = basis.trade_date

    where bar.trade_date between {{ since() }} and {{ until() }}

),

delisted as (

    select
        security_id,
        trade_date,
        prev_date,
        null::smallint,
        null::double precision,
        null::double precision,
        null::double precision,
        null::double precision,
        null::double precision,
        null::double precision,
        true,
        delisting_return,
        is_imputed

    from {{ ref('int_delistings') }}

    where trade_date between {{ since() }} and {{ until() }}

),

rows_of_window as (

    select * from as_traded
    union all
    select * from delisted

),

-- An event counts on the first bar on or after its ex-date; one before the first
-- bar of all never does.
effective as (

    select
        event.security_id,
        bar.trade_date,
        exp(sum(ln(event.ratio)) filter (where event.kind = 'split')) as split_ratio,
        exp(sum(ln(event.ratio)) filter (where event.kind = 'spinoff'))
            as spinoff_ratio,
        sum(event.amount_usd) as dividend_usd

    from (
        select
            security_id,
            ex_date,
            kind,
            ratio,
            null::double precision as amount_usd
        from events
        union all
        select
            security_id,
            ex_date,
            kind,
            null,
            amount_usd
        from {{ ref('stg_actions__corporate') }}
        where kind = 'dividend'
    ) as event

    inner join lateral (
        select
            stg.trade_date,
            stg.prev_date
        from {{ source('raw', 'daily_bar_current') }} as stg
        where stg.security_id = event.security_id and stg.trade_date >= event.ex_date
        order by stg.trade_date
        limit 1
    ) as bar on true

    where
        event.ex_date between {{ since() }} - 400 and {{ until() }}
        and bar.trade_date between {{ since() }} and {{ until() }}
        and event.ex_date > bar.prev_date

    group by event.security_id, bar.trade_date

),

chained as (

    select
        today.*,
        coalesce(carried.bar_no, 0) + row_number() over history as bar_no,
        coalesce(event.split_ratio, 1) as split_ratio,
        coalesce(event.dividend_usd, 0) as dividend_usd,
        coalesce(event.spinoff_ratio, 1) as spinoff_ratio,
        coalesce(
            lag(today.close_unadjusted) over history, carried.close_unadjusted
        ) as prev_close,
        coalesce(carried.split_index, 1) as carried_split_index,
        coalesce(carried.total_return_index, 1) as carried_total_return_index,
        carried.price_anchor as carried_anchor

    from rows_of_window as today

    left join effective as event
        on today.security_id = event.security_id and today.trade_date = event.trade_date

    left join carried
        on today.security_id = carried.security_id

    window history as (partition by today.security_id order by today.trade_date)

),

returned as (

    select
        *,
        case
            when is_delisting then delisting_return
            else coalesce(
                vendor_return,
                (close_unadjusted * split_ratio / spinoff_ratio + dividend_usd)
                / nullif(prev_close, 0) - 1
            )
        end as total_return
    from chained

),

accumulated as (

    select
        *,
        carried_split_index * exp(sum(ln(split_ratio)) over history) as split_index,
        carried_total_return_index * exp(
            sum(ln(greatest(1 + coalesce(total_return, 0), 1e-6))) over history
        ) as total_return_index
    from returned
    window history as (partition by security_id order by trade_date)

),

-- Where a day has no traded close the last one is carried by total returns.
anchored as (

    select
        *,
        close_unadjusted * split_index / total_return_index as own_anchor,
        count(close_unadjusted) over (
            partition by security_id order by trade_date
        ) as anchor_no
    from accumulated

),

priced as (

    select
        *,
        coalesce(
            max(own_anchor) over (partition by security_id, anchor_no), carried_anchor
        ) as price_anchor
    from anchored

),

final as (

    select
        security_id,
        trade_date,
        bar_no::double precision as bar_no,
        prev_date,
        source_id,
        open_unadjusted * split_index as open,
        high_unadjusted * split_index as high,
        low_unadjusted * split_index as low,
        close_unadjusted * split_index as close,
        volume_unadjusted / split_index as volume,
        close_unadjusted * volume_unadjusted as dollar_volume,
        case
            when not is_delisting
                then coalesce(
                    close_unadjusted, price_anchor * total_return_index / split_index
                )
        end as close_unadjusted,
        split_index,
        dividend_usd,
        total_return,
        total_return_index,
        price_anchor,
        close_unadjusted is null and not is_delisting as is_price_estimated,
        is_delisting,
        is_imputed

    from priced

)

select * from final
