{#
    is_signal_date() -> a condition on ref.session: whether performance is measured
    for signals of that day, by the variable performance_dates.
#}
{% macro is_signal_date() -%}
    {{ {'week_end': 'is_week_end', 'month_end': 'is_month_end', 'daily': 'true'}[var('performance_dates')] }}
{%- endmacro %}

{# holding_steps(sessions) -> how many signals later a holding of so many sessions is over. #}
{% macro holding_steps(sessions) -%}
    {% set sessions_a_signal = {'week_end': 5, 'month_end': 21, 'daily': 1}[var('performance_dates')] -%}
    {{ (sessions + sessions_a_signal - 1) // sessions_a_signal }}
{%- endmacro %}
