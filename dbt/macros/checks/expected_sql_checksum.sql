{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('28a4206c8da1ee69cb73f34d94cee1c28fab25f8476d7929f5f2c05b2bbb413c') }}{% endmacro %}
