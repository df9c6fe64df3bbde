{#
    assert_migrated(): stop before the first model when the SQL functions in the
    database are not those this checkout was written against.
#}
{% macro assert_migrated() %}
    {% if execute and flags.WHICH in ['run', 'build', 'test', 'seed'] %}
        {% set known = run_query(
            "select sha256 from ops.sql_object where name = 'all'"
        ).columns[0].values() %}
        {% if known | length == 0 or known[0] != expected_sql_checksum() %}
            {% do exceptions.raise_compiler_error(
                "the database's SQL functions are not those of this checkout; run: factorium migrate"
            ) %}
        {% endif %}
    {% endif %}
    select 1
{% endmacro %}
