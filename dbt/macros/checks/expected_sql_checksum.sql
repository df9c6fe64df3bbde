{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('cd00afd0c6f8d5ff29a6a8c7e2277091975a58867add8ef9ca28c2eff2c42a4e') }}{% endmacro %}
