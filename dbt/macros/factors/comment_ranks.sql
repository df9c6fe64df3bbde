{#
    comment_ranks(family): comments of a generated rank relation, from the registry.
    A post-hook; writes only where a comment is missing or changed.
#}
{% macro comment_ranks(family) %}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set wanted = {'security_id': 'Security.', 'trade_date': 'Session.'} %}
    {% for factor in factor_columns(family) %}
        {% set text = (factor.description | trim) ~ ' Unit: ' ~ factor.meta.unit ~ '.' %}
        {% do wanted.update({
            factor.name: text,
            factor.name ~ '__zscore': 'Z-score of ' ~ factor.name ~ ', winsorized at 1 and 99 %, unsigned.',
            factor.name ~ '__score': 'Score of ' ~ factor.name ~ ', 0 to 100; 100 is the side the literature buys.',
            factor.name ~ '__sector_score': 'Score of ' ~ factor.name ~ ' within the sector, 0 to 100.'
        }) %}
    {% endfor %}
    {{ return(changed_comments(
        wanted, 'Values and scores of the family ' ~ family ~ '. One row per security per trading day.'
    )) }}
{% endmacro %}

{#
    comment_wide(kind, families): comments of families side by side, from the registry.
    A post-hook, as above.
#}
{% macro comment_wide(kind, families) %}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set wanted = {'security_id': 'Security.', 'trade_date': 'Session.'} %}
    {% for family in families %}{% for factor in factor_columns(family) %}
        {% do wanted.update({
            factor.name: (factor.description | trim) ~ ' Unit: ' ~ factor.meta.unit ~ '.'
        }) %}
    {% endfor %}{% endfor %}
    {{ return(changed_comments(
        wanted, 'Raw values of all ' ~ kind ~ ' factors. One row per security per trading day.'
    )) }}
{% endmacro %}

{#
    changed_comments(wanted, about) -> the statements that give columns of this relation
    their comments, and the relation its own; empty where every column has its comment.
#}
{% macro changed_comments(wanted, about) %}
    {% set present = {} %}
    {% for row in run_query(
        "select a.attname, col_description(a.attrelid, a.attnum) from pg_attribute as a "
        ~ "where a.attrelid = '" ~ this ~ "'::regclass and a.attnum > 0"
    ).rows %}
        {% do present.update({row[0]: row[1]}) %}
    {% endfor %}
    {% set kind = 'view' if model.config.materialized == 'stable_view' else 'table' %}
    {% set statements = ['comment on ' ~ kind ~ ' ' ~ this ~ " is '" ~ about ~ "'"] %}
    {% for name, text in wanted.items() if present.get(name) != text %}
        {% do statements.append(
            'comment on column ' ~ this ~ '.' ~ name ~ " is '" ~ text | replace("'", "''") ~ "'"
        ) %}
    {% endfor %}
    {{ return(statements | join(';\n') if statements | length > 1 else '') }}
{% endmacro %}
