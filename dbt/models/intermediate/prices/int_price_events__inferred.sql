-- Splits and spin-offs that no table declares, inferred from what they leave
-- behind. Two kinds of evidence:
--   * a filed share count jumps by the ratio of a split, while total assets do
--     not (a merger paid in shares moves both), and stays there;
--   * two vendors' split-adjusted closes of the same days stand in a constant
--     ratio: the events between the two retrievals. What the share counts do
--     not explain of it is a spin-off, dated by the fall of total assets.
-- The day is the first by which the event had happened for sure. It need not be
-- exact: prices are freed from the vendor's adjustment and share counts moved to
-- the day's basis by the same date, so a market cap does not depend on it.
-- Grain: one row per security, ex-date and kind.

with

counts as (

    select
        security_id,
        shares_as_of,
        valid_from,
        shares,
        lag(shares) over history as prev_shares,
        lag(valid_from) over history as prev_valid_from,
        lag(shares_as_of) over history as prev_as_of,
        lag(shares, 2) over history as shares_2_before,
        lag(shares, 3) over history as shares_3_before,
        lead(shares) over history as next_shares
    from {{ ref('int_shares__by_security') }}
    window history as (partition by security_id order by valid_from)

),

split_ratio (ratio) as (

    select
        unnest(array[
            1.25, 4.0 / 3, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50
        ])::double precision
    union all
    select
        1 / unnest(array[
            1.5, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50
        ])::double precision

),

jumps as (

    select
        counts.*,
        nearest.ratio

    from counts

    inner join lateral (
        select split_ratio.ratio
        from split_ratio
        order by abs(ln(counts.shares / counts.prev_shares / split_ratio.ratio))
        limit 1
    ) as nearest on true

    where
        counts.shares > 0 and counts.prev_shares > 0
        and abs(ln(counts.shares / counts.prev_shares)) > 0.2
        and abs(ln(counts.shares / counts.prev_shares / nearest.ratio)) < 0.06
        -- A unit error jumps back.
        and (
            counts.next_shares is null
            or abs(ln(counts.next_shares / counts.shares)) < 0.2
        )
        -- And so does the count after one: back to the level before it.
        and not coalesce(
            abs(ln(counts.shares / counts.shares_2_before)) < 0.2
            and abs(ln(counts.prev_shares / counts.shares_3_before)) > 0.2,
            false
        )

),

weighed as (

    select
        jumps.*,
        ln(jumps.shares / jumps.prev_shares / jumps.ratio) as log_off_ratio,
        ln(after.assets / before.assets) as log_assets_change,
        ln(later.assets / before.assets) as log_assets_later

    from jumps

    inner join {{ source('ref', 'security') }} as security
        on jumps.security_id = security.security_id

    left join lateral (
        select statement.assets
        from {{ ref('int_assets__as_known') }} as statement
        where
            statement.company_id = security.company_id
            and statement.valid_from <= jumps.prev_valid_from
        order by statement.valid_from desc
        limit 1
    ) as before on true

    left join lateral (
        select statement.assets
        from {{ ref('int_assets__as_known') }} as statement
        where
            statement.company_id = security.company_id
            and statement.valid_from <= jumps.valid_from
        order by statement.valid_from desc
        limit 1
    ) as after on true

    -- A cover counts shares paid in a merger since the balance sheet was drawn up:
    -- the next one shows what they bought.
    left join lateral (
        select statement.assets
        from {{ ref('int_assets__as_known') }} as statement
        where
            statement.company_id = security.company_id
            and statement.valid_from <= jumps.valid_from + 130
        order by statement.valid_from desc
        limit 1
    ) as later on true

),

-- Medians over every 21st common session of each pair of adjusted snapshots.
vendor_ratio as (

    select
        earlier.security_id,
        first_source.retrieved_on as retrieved_first,
        second_source.retrieved_on as retrieved_second,
        percentile_cont(0.5) within group (
            order by earlier.close / later.close
        ) as ratio,
        stddev_samp(ln(earlier.close / later.close)) as dispersion,
        count(*) as n

    from {{ ref('stg_bars__by_source') }} as earlier

    inner join {{ ref('stg_bars__by_source') }} as later
        on
            earlier.security_id = later.security_id
            and earlier.trade_date = later.trade_date

    inner join {{ source('ref', 'data_source') }} as first_source
        on earlier.source_id = first_source.source_id

    inner join {{ source('ref', 'data_source') }} as second_source
        on later.source_id = second_source.source_id

    where
        first_source.retrieved_on < second_source.retrieved_on

    group by earlier.security_id, first_source.retrieved_on, second_source.retrieved_on

),

explained as (

    select
        vendor.*,
        coalesce(sum(ln(weighed.ratio)), 0) as log_split,
        count(weighed.ratio) as n_jumps

    from vendor_ratio as vendor

    left join weighed
        on
            vendor.security_id = weighed.security_id
            and weighed.shares_as_of > vendor.retrieved_first
            and vendor.retrieved_second > weighed.prev_as_of

    where vendor.n >= 3 and vendor.dispersion < 0.02

    group by
        vendor.security_id, vendor.retrieved_first, vendor.retrieved_second,
        vendor.ratio, vendor.dispersion, vendor.n

),

splits as (

    select
        weighed.security_id,
        weighed.shares_as_of as ex_date,
        'split' as kind,
        weighed.ratio,
        jsonb_build_object(
            'shares_before', weighed.prev_shares,
            'shares_after', weighed.shares,
            'counted_on', jsonb_build_array(weighed.prev_as_of, weighed.shares_as_of),
            'log_assets_change', weighed.log_assets_change,
            'vendor_close_ratio', explained.ratio
        ) as evidence

    from weighed

    left join explained
        on
            weighed.security_id = explained.security_id
            and weighed.shares_as_of > explained.retrieved_first
            and weighed.prev_as_of < explained.retrieved_second

    where
        case
            -- Two vendors say by how much prices were restated meanwhile.
            when explained.security_id is not null
                then
                    abs(ln(explained.ratio) - explained.log_split) < 0.45
                    and abs(ln(explained.ratio)) > 0.1
            -- Else the count must hit the ratio, soon after the one before it, and the
            -- balance sheet stand still; the more so the smaller the ratio.
            when abs(ln(weighed.ratio)) > 0.6
                then
                    weighed.shares_as_of - weighed.prev_as_of < 200
                    and abs(weighed.log_off_ratio) < 0.04
                    and coalesce(abs(weighed.log_assets_change), 0) < 0.2
                    and coalesce(weighed.log_assets_later, 0) < 0.35
            else
                weighed.shares_as_of - weighed.prev_as_of < 200
                and abs(weighed.log_off_ratio) < 0.012
                and abs(weighed.log_assets_change) < 0.08
                and coalesce(weighed.log_assets_later, 0) < 0.25
        end

),

residual as (

    select
        explained.security_id,
        explained.retrieved_first,
        explained.retrieved_second,
        explained.ratio as vendor_close_ratio,
        exp(explained.log_split - ln(explained.ratio)) as kept

    from explained

    where
        abs(ln(explained.ratio) - explained.log_split) between 0.005 and 0.45
        and exp(explained.log_split - ln(explained.ratio)) < 1

),

-- A ratio that is a split's, where no share count is known at all.
unexplained_splits as (

    select
        explained.security_id,
        explained.retrieved_second as ex_date,
        'split' as kind,
        nearest.ratio,
        jsonb_build_object('vendor_close_ratio', explained.ratio) as evidence

    from explained

    inner join lateral (
        select split_ratio.ratio
        from split_ratio
        order by abs(ln(explained.ratio / split_ratio.ratio))
        limit 1
    ) as nearest on true

    where
        explained.n_jumps = 0
        and abs(ln(explained.ratio)) > 0.2
        and abs(ln(explained.ratio / nearest.ratio)) < 0.003

),

spinoffs as (

    select
        residual.security_id,
        coalesce(fall.valid_from, residual.retrieved_second) as ex_date,
        'spinoff' as kind,
        residual.kept as ratio,
        jsonb_build_object(
            'vendor_close_ratio', residual.vendor_close_ratio,
            'between', jsonb_build_array(
                residual.retrieved_first, residual.retrieved_second
            ),
            'log_assets_change', fall.log_change
        ) as evidence

    from residual

    inner join {{ source('ref', 'security') }} as security
        on residual.security_id = security.security_id

    left join lateral (
        select
            statement.valid_from,
            ln(statement.assets / statement.prev_assets) as log_change
        from (
            select
                valid_from,
                assets,
                lag(assets) over (order by valid_from) as prev_assets
            from {{ ref('int_assets__as_known') }}
            where company_id = security.company_id
        ) as statement
        where
            statement.valid_from > residual.retrieved_first
            and statement.valid_from <= residual.retrieved_second
            and ln(statement.assets / statement.prev_assets) < -0.03
        order by statement.assets / statement.prev_assets
        limit 1
    ) as fall on true

    where not exists (
        select from unexplained_splits
        where unexplained_splits.security_id = residual.security_id
    )

)

select * from splits
union all
select * from unexplained_splits
union all
select * from spinoffs
