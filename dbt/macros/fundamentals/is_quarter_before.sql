{#
    is_quarter_before(earlier, later) -> join condition: the quarter `earlier` ends
    where `later` (a quarter, or several) starts, both are known at some moment, and
    both are in one currency. `earlier` carries the `bucket` of its end.
#}
{% macro is_quarter_before(earlier, later) -%}
    {{ later }}.company_id = {{ earlier }}.company_id
        and {{ later }}.source_id = {{ earlier }}.source_id
        and {{ later }}.item = {{ earlier }}.item
        and {{ bucket_of('(' ~ later ~ '.period_start - 1)') }} = {{ earlier }}.bucket
        and abs({{ later }}.period_start - 1 - {{ earlier }}.period_end) <= 16
        and {{ later }}.known_from < {{ earlier }}.known_to
        and {{ earlier }}.known_from < {{ later }}.known_to
        and {{ later }}.currency is not distinct from {{ earlier }}.currency
{%- endmacro %}
