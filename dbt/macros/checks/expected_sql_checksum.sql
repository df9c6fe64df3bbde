{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('none') }}{% endmacro %}
