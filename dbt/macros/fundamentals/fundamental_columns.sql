{#
    fundamental_columns() -> list of {name, item, basis, text}: the columns of
    int_fundamentals__as_known, from the seed standard_items. Stocks as they are,
    flows as trailing twelve months, per-share amounts and averages of the latest
    fiscal year; `_q` the latest quarter, `_1y` a year earlier, `_q_1y` the quarter a
    year earlier (items whose surprises are studied). Empty while dbt is only parsing.
#}
{% macro fundamental_columns() %}
    {% set columns = [] %}
    {% set surprises = [
        'sales', 'gross_profit', 'operating_income', 'net_income', 'operating_cash_flow',
        'eps_basic', 'eps_diluted'
    ] %}
    {% if execute %}
        {% for item, kind, unit, text in run_query(
            'select item, kind, unit, description from ' ~ ref('standard_items') ~ ' order by item'
        ).rows %}
            {% set basis = {'stock': 'instant', 'flow': 'ttm'}.get(kind, 'fiscal_year') %}
            {% set meaning = {
                'stock': 'latest balance',
                'flow': 'trailing twelve months'
            }.get(kind, 'latest fiscal year') %}
            {% set variants = [
                ('', basis, meaning), ('_1y', basis ~ '_1y', meaning ~ ', a year earlier')
            ] %}
            {% if kind != 'stock' %}
                {% do variants.append(('_q', 'quarter', 'latest quarter')) %}
            {% endif %}
            {% if item in surprises %}
                {% do variants.append(('_q_1y', 'quarter_1y', 'quarter a year earlier')) %}
            {% endif %}
            {% for suffix, variant, meaning in variants %}
                {% do columns.append({
                    'name': item ~ suffix,
                    'item': item,
                    'basis': variant,
                    'text': text ~ ' (' ~ meaning ~ '). Unit: ' ~ unit ~ '.'
                }) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(columns) }}
{% endmacro %}
