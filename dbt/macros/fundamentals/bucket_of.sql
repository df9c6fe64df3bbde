{#
    bucket_of(day), buckets_near(day, slack): 32-day buckets, to join dates that differ
    by at most `slack` days with a hash join: one side's bucket_of is among the other
    side's buckets_near (a set), once. The join still has to compare the dates.
    The usual 16 days is what the Financial Statement Data Sets can move a date by
    rounding it to a month's end.
#}
{% macro bucket_of(day) -%}
    (({{ day }} - date '1900-01-01') / 32)
{%- endmacro %}

{% macro buckets_near(day, slack=16) -%}
    generate_series(
            ({{ day }} - {{ slack }} - date '1900-01-01') / 32,
            ({{ day }} + {{ slack }} - date '1900-01-01') / 32
        )
{%- endmacro %}
