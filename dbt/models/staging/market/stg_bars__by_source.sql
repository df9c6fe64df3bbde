-- Closes of split-adjusted snapshots by source, every 21st session: enough to
-- compare the split bases of two vendors.
-- Grain: one row per source, security and sampled session.

select distinct on (bar.source_id, ranged.security_id, bar.trade_date)
    bar.source_id,
    ranged.security_id,
    bar.trade_date,
    bar.close

from {{ source('raw', 'daily_bar') }} as bar

inner join {{ source('ref', 'session') }} as session
    on bar.trade_date = session.session_date and session.session_no % 21 = 0

inner join {{ source('ref', 'data_source') }} as source
    on bar.source_id = source.source_id and source.split_basis = 'adjusted'

inner join {{ source('ref', 'ticker_range') }} as ranged
    on
        ref.normal_ticker(bar.ticker) = ranged.ticker
        and bar.trade_date >= ranged.valid_from
        and bar.trade_date < ranged.valid_to

where bar.close > 0

order by bar.source_id, ranged.security_id, bar.trade_date, bar.load_id desc
