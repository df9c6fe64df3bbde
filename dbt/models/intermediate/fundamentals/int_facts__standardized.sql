-- Facts as standard items, one vendor beside the other: EDGAR (source 0) and the
-- panels that users bring. An item that a filing does not report but whose parts it
-- does is derived within that filing and period; a missing part stays missing. What
-- equals the item only where a part does not exist (equity without preferred stock,
-- income without noncontrolling interest) is taken only from filings that show none.
-- A panel row without a period end gets the last month end at least 20 days before
-- its filing, and says so.
-- Grain: one row per company, source, item, period and accession.

{{ config(
    materialized='refill',
    meta={
        'inputs': ['facts', 'maps'],
        'by_company': {
            'int_facts__mapped': 'company_id',
            'int_panel__mapped': 'company_id'
        }
    },
    pre_hook=joined_by_hash()
) }}

with

mapped as (

    select * from {{ ref('int_facts__mapped') }}

),

edgar as (

    select
        mapped.company_id,
        0::smallint as source_id,
        mapped.item,
        mapped.kind,
        mapped.period_start,
        mapped.period_end,
        false as is_period_estimated,
        mapped.accession,
        mapped.currency,
        mapped.value,
        mapped.tag,
        mapped.known_at

    from mapped

),

panel as (

    select * from {{ ref('int_panel__mapped') }}

),

reported as (

    select * from edgar

    union all

    select * from panel

),

parts as (

    select
        company_id,
        source_id,
        period_start,
        period_end,
        is_period_estimated,
        accession,
        max(currency) as currency,
        min(known_at) as known_at,
        {{ items_in_columns([
            'assets', 'liabilities', 'stockholders_equity', 'total_equity',
            'noncontrolling_interest', 'preferred_equity', 'debt_current',
            'short_term_borrowings', 'long_term_debt_current', 'long_term_debt_total',
            'long_term_debt', 'total_debt', 'sales', 'cost_of_sales', 'gross_profit',
            'sga', 'selling_marketing', 'general_administrative', 'net_income',
            'profit_including_nci', 'net_income_nci', 'net_income_common',
            'preferred_dividends', 'net_interest_income', 'noninterest_income',
            'operating_income', 'pretax_income', 'income_tax', 'income_continuing',
            'discontinued_operations', 'interest_expense', 'depreciation_amortization',
            'depreciation', 'amortization_intangibles', 'operating_cash_flow', 'capex',
            'free_cash_flow'
        ]) }}

    from reported

    where kind in ('stock', 'flow')

    group by
        company_id, source_id, period_start, period_end, is_period_estimated, accession

),

-- What a filing reports anywhere, of whatever period.
shown as (

    select
        company_id,
        source_id,
        accession,
        bool_or(net_income is not null or net_income_nci is not null)
            as has_parent_income,
        bool_or(stockholders_equity is not null or noncontrolling_interest is not null)
            as has_parent_equity,
        bool_or(total_equity is not null or noncontrolling_interest is not null)
            as has_whole_equity,
        bool_or(preferred_equity is not null) as has_preferred_equity,
        bool_or(preferred_dividends is not null or net_income_common is not null)
            as has_preferred_dividends,
        bool_or(discontinued_operations is not null or income_continuing is not null)
            as has_discontinued_operations,
        bool_or(
            depreciation_amortization is not null
            or amortization_intangibles is not null
        ) as has_amortization

    from parts

    group by company_id, source_id, accession

),

-- Sums of parts are taken over the parts reported, and null when none is.
combined as (

    select
        parts.*,
        shown.has_preferred_equity,
        shown.has_preferred_dividends,
        coalesce(
            sales,
            gross_profit + cost_of_sales,
            net_interest_income + noninterest_income
        ) as any_sales,
        coalesce(
            net_income,
            profit_including_nci - net_income_nci,
            case when not has_parent_income then profit_including_nci end
        ) as parent_income,
        coalesce(
            stockholders_equity,
            total_equity - noncontrolling_interest,
            case when not has_parent_equity then total_equity end
        ) as parent_equity,
        coalesce(
            total_equity,
            stockholders_equity + noncontrolling_interest,
            case when not has_whole_equity then stockholders_equity end
        ) as whole_equity,
        coalesce(
            pretax_income,
            income_continuing + income_tax,
            profit_including_nci - discontinued_operations + income_tax,
            case
                when not has_discontinued_operations
                    then coalesce(profit_including_nci, net_income) + income_tax
            end
        ) as any_pretax_income,
        coalesce(
            depreciation_amortization,
            depreciation + amortization_intangibles,
            case when not has_amortization then depreciation end
        ) as any_depreciation,
        coalesce(
            debt_current,
            fac.sum_of_known(short_term_borrowings, long_term_debt_current)
        ) as current_debt,
        coalesce(
            long_term_debt,
            long_term_debt_total - long_term_debt_current,
            long_term_debt_total
        ) as noncurrent_debt

    from parts

    inner join shown
        on
            parts.company_id = shown.company_id
            and parts.source_id = shown.source_id
            and parts.accession = shown.accession

),

derived as (

    select
        combined.company_id,
        combined.source_id,
        formulas.item,
        formulas.kind,
        combined.period_start,
        combined.period_end,
        combined.is_period_estimated,
        combined.accession,
        combined.currency,
        formulas.value,
        'derived' as tag,
        combined.known_at

    from combined

    inner join lateral (
        values
        ('stockholders_equity', 'stock', stockholders_equity, parent_equity),
        (
            'common_equity', 'stock', null,
            case
                when has_preferred_equity then parent_equity - preferred_equity
                else parent_equity
            end
        ),
        ('total_equity', 'stock', total_equity, whole_equity),
        ('liabilities', 'stock', liabilities, assets - whole_equity),
        ('short_term_debt', 'stock', null, current_debt),
        ('long_term_debt', 'stock', long_term_debt, noncurrent_debt),
        (
            'total_debt', 'stock', total_debt,
            case
                when long_term_debt is null and long_term_debt_total is not null
                    then fac.sum_of_known(long_term_debt_total, short_term_borrowings)
                else fac.sum_of_known(noncurrent_debt, current_debt)
            end
        ),
        ('sales', 'flow', sales, any_sales),
        ('cost_of_sales', 'flow', cost_of_sales, sales - gross_profit),
        ('gross_profit', 'flow', gross_profit, sales - cost_of_sales),
        ('sga', 'flow', sga, selling_marketing + general_administrative),
        ('net_income', 'flow', net_income, parent_income),
        (
            'net_income_common', 'flow', net_income_common,
            case
                when has_preferred_dividends then parent_income - preferred_dividends
                else parent_income
            end
        ),
        (
            'ebit', 'flow', null,
            coalesce(any_pretax_income + interest_expense, operating_income)
        ),
        ('pretax_income', 'flow', pretax_income, any_pretax_income),
        (
            'depreciation_amortization', 'flow', depreciation_amortization,
            any_depreciation
        ),
        ('ebitda', 'flow', null, operating_income + any_depreciation),
        ('free_cash_flow', 'flow', free_cash_flow, operating_cash_flow - capex)
    ) as formulas (item, kind, reported, value) on true

    where
        formulas.reported is null
        and formulas.value is not null
        and (formulas.kind = 'stock') = (combined.period_start is null)

),

facts as (

    select * from reported

    union all

    select * from derived

),

dated as (

    select
        facts.company_id,
        facts.source_id,
        facts.item,
        facts.kind,
        facts.period_start,
        facts.period_end,
        (facts.period_end - facts.period_start + 1)::smallint as days,
        facts.is_period_estimated,
        facts.accession,
        facts.currency,
        facts.value,
        facts.tag,
        facts.known_at,
        case
            when facts.known_at <= known_day.close_at then known_day.session_date
            else known_day.next_date
        end as known_on

    from facts

    inner join {{ ref('stg_calendar__days') }} as known_day
        on
            (facts.known_at at time zone 'America/New_York')::date
            = known_day.calendar_date

)

select * from dated
