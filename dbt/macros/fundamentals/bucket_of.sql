{#
    bucket_of(day, width), buckets_near(day, slack, width): buckets of `width` days, to
    join dates that differ by at most `slack` days (half a width at most) with a hash
    join: one side's bucket_of is among the other side's buckets_near, a set, once. The
    join still has to compare the dates.
    The usual 16 days is what the Financial Statement Data Sets can move a date by
    rounding it to a month's end. Null stands for the second bucket where there is only
    one: the planner counts an array's elements, a series' it cannot.
#}
{% macro bucket_of(day, width=32) -%}
    (({{ day }} - date '1900-01-01') / {{ width }})
{%- endmacro %}

{% macro buckets_near(day, slack=16, width=32) -%}
    unnest(array[
            ({{ day }} - ({{ slack }}) - date '1900-01-01') / {{ width }},
            nullif(
                ({{ day }} + ({{ slack }}) - date '1900-01-01') / {{ width }},
                ({{ day }} - ({{ slack }}) - date '1900-01-01') / {{ width }}
            )
        ])
{%- endmacro %}
