{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('b31badc0a92b8e2e9073175ea90addf2219bd0933b4c1e94f9e40b9b0b2d836c') }}{% endmacro %}
