-- Second pass: factor returns by least squares with weights of one over the specific
-- variance known the close before. A day before any such variance has the first
-- pass's estimate.
-- Grain: one row per session with a panel.

{{ config(meta={
    'grain': ['trade_date'],
    'inputs': ['bars', 'actions', 'facts', 'macro', 'maps'],
    'chunk_sessions': 756
}, pre_hook=joined_by_hash()) }}

with

second as (

    select *
    from risk.factor_returns(
        '{{ ref("rsk_panel__weighted") }}',
        {{ text_array(var('styles')) }},
        {{ since() }},
        {{ until() }}
    )

),

-- A day of the first pass that the second cannot weigh.
missing as (

    select *
    from {{ ref('rsk_regressions__first') }}
    where
        trade_date between {{ since() }} and {{ until() }}
        and trade_date not in (
            select second.trade_date from second where second.market_return is not null
        )

),

final as (

    select
        second.*,
        'inverse_specific_variance' as weighting
    from second
    where second.trade_date not in (select missing.trade_date from missing)

    union all

    select
        missing.*,
        'root_cap' as weighting
    from missing

)

select * from final
