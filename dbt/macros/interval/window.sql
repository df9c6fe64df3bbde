{#
    since(), until(): the first and last date the running model has to build,
    as date literals. Set by the `interval` materialization from the ledger,
    or by --vars; the whole calendar otherwise.
#}
{% macro since() %}date '{{ model_window()[0] }}'{% endmacro %}

{% macro until() %}date '{{ model_window()[1] }}'{% endmacro %}

{# The plan of a model: a list of [since, until, columns or none]; one query a model and run. #}
{% macro model_window() %}
    {% if not execute or model is not defined or model.resource_type == 'unit_test' %}
        {{ return([var('first_date'), '2100-01-01']) }}
    {% endif %}
    {% if model.config.get('materialized') != 'interval' %}
        {{ return([var('since', var('first_date')), var('until', '2100-01-01')]) }}
    {% endif %}
    {{ return(['@since@', '@until@']) }}
{% endmacro %}
