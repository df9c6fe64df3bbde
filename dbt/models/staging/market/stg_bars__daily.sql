-- Current daily bars, on the basis their source delivers them.
-- Grain: one row per security per session.

select
    bar.security_id,
    bar.trade_date,
    bar.prev_date,
    bar.open,
    bar.high,
    bar.low,
    bar.close,
    bar.volume,
    bar.vendor_return,
    bar.source_id,
    source.split_basis = 'adjusted' as is_split_adjusted,
    source.retrieved_on

from {{ source('raw', 'daily_bar_current') }} as bar

inner join {{ source('ref', 'data_source') }} as source
    on bar.source_id = source.source_id
